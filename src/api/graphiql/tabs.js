/** What the editor opens with: enough to see a flow run from registration to end. */

const DOCUMENT = `orchestrationName: helloBackstep
as: initiator
type: sequential
steps:
  - { seq: 1, name: createRealm, maxRetries: 2 }
  - { seq: 2, name: createUser, maxRetries: 2 }
`;

const variables = (value) => JSON.stringify(value, null, 2);

export const TABS = [
  {
    query: `# 1. Register an orchestration. dryRun: true only says what it would change.
mutation Register($document: String!, $dryRun: Boolean) {
  registerOrchestration(input: { document: $document, dryRun: $dryRun }) {
    registrations { orchestrationName version changed status }
    problems { code message path line suggestions }
  }
}
`,
    variables: variables({ document: DOCUMENT, dryRun: false }),
  },
  {
    query: `# 2. Start a flow, then look at it: choose the operation with the button.
mutation Execute($input: ExecuteInput!) {
  execute(input: $input) {
    created
    flow { flowId status }
    problems { code message path suggestions }
  }
}

query Newest {
  history(first: 5) {
    edges { node { flowId orchestrationName status startedAt failureReason } }
  }
}

query Details($flowId: ID!) {
  details(flowId: $flowId) {
    orchestrationName status durationMs failureReason
    steps { seq stepName status retryCount errorMessage nextAttemptAt output }
    timeline { number at type message }
    availableActions { name stepName allowed }
  }
}
`,
    variables: variables({
      input: {
        orchestrationName: 'tenantCreation',
        payload: { tenant: 'acme' },
        idempotencyKey: 'acme-1',
      },
      flowId: 'the flowId that execute answered',
    }),
  },
  {
    query: `# 3. Watch. The first one shows every step of every flow; start one in another tab.
subscription Steps($orchestrationName: String) {
  stepStatusChanged(orchestrationName: $orchestrationName) {
    at flowId stepName previousStatus status retryCount errorMessage flowStatus
  }
}

# One flow from its beginning to its end.
subscription Flow($flowId: ID!) {
  flowEvents(flowId: $flowId) { number at type message flowStatus }
}
`,
    variables: variables({ flowId: 'the flowId that execute answered' }),
  },
];
