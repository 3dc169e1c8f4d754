/**
 * What the editor opens with: one operation each, so that every tab runs as it stands, again and
 * again.
 */

/**
 * Registered by the example workers, too (src/demo/documents/helloBackstep.yaml): its steps are
 * answered when they run.
 */
const DOCUMENT = `orchestrationName: helloBackstep
as: initiator
type: sequential
steps:
  - { seq: 1, name: createRealm, maxRetries: 2 }
  - { seq: 2, name: createUser, maxRetries: 2 }
`;

const variables = (value) => JSON.stringify(value, null, 2);

const EXECUTE = `($input: ExecuteInput!) {
  execute(input: $input) {
    flow { flowId status }
    problems { code message path suggestions }
  }
}
`;

/** Lines are short: the editor is half as wide as the window. */
const TABS = [
  {
    query: `# 1. Register an orchestration. Again, without a
#    change, it stays as it is; change maxRetries
#    below, and it is a new version.
mutation Register($document: String!) {
  registerOrchestration(
    input: { document: $document }
  ) {
    registrations {
      orchestrationName version changed status
    }
    problems { code message path line }
  }
}
`,
    variables: variables({ document: DOCUMENT }),
  },
  {
    query: `# 2. Start a flow. Each run starts a new one,
#    unless the input has an idempotencyKey.
mutation Execute${EXECUTE}`,
    variables: variables({
      input: { orchestrationName: 'helloBackstep', payload: { tenant: 'acme' } },
    }),
  },
  {
    query: `# 3. Start one whose second step fails: it is
#    retried, then the first step is undone.
#    (The example workers look at failAt.)
mutation ExecuteFailing${EXECUTE}`,
    variables: variables({
      input: {
        orchestrationName: 'helloBackstep',
        payload: { tenant: 'acme', failAt: 'createUser' },
      },
    }),
  },
  {
    query: `# 4. Look at the newest flows: their steps, and
#    what happened, in order.
query Newest {
  history(first: 5) {
    totalCount
    edges {
      node {
        flowId orchestrationName
        status failureReason
        steps {
          stepName status retryCount errorMessage
        }
        timeline { number at type message }
      }
    }
  }
}
`,
  },
  {
    query: `# 5. Watch every step of every flow, live. Leave
#    it running; start a flow in another window.
subscription Steps {
  stepStatusChanged {
    at orchestrationName flowId
    stepName previousStatus status
    errorMessage flowStatus
  }
}
`,
  },
];

const DIAGNOSE = `# 6. Why does a flow not go on? One verdict, what
#    was looked at, and what to do next. The variable
#    is the newest flow at the time the page opened.
query Diagnose($flowId: ID!) {
  diagnose(flowId: $flowId) {
    verdict summary stepName
    facts { name value }
    suggestedActions
  }
}
`;

/** `flowId`: of the newest flow, for the tab that explains one. */
export const tabsFor = (flowId) => [...TABS, { query: DIAGNOSE, variables: variables({ flowId }) }];
