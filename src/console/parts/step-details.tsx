/** Everything known about one step of a flow, and what an operator may do about it. */

import { duration } from '../../figures/figures.js';
import type { FlowNow } from '../data/flow.js';
import { moment } from '../data/format.js';
import type { ActionFragment } from '../generated/graphql.js';
import { ActionButtons } from './actions.js';
import { Json } from './json.js';
import { type Fact, KnownFacts } from './known-facts.js';
import { Status } from './status.js';

interface StepDetailsProps {
  readonly flow: FlowNow;
  readonly step: FlowNow['steps'][number];
  readonly open: (action: ActionFragment) => void;
}

export function StepDetails({ flow, step, open }: StepDetailsProps) {
  const actions = flow.availableActions.filter(({ stepName }) => stepName === step.stepName);
  return (
    <section class="step-details" aria-label={`Step ${step.stepName}`}>
      <div class="page-head">
        <h3>
          {step.stepName} <Status of={step.status} />
        </h3>
        <div class="page-actions">
          <ActionButtons actions={actions} open={open} />
        </div>
      </div>
      <dl class="facts">
        <KnownFacts facts={factsOf(step)} />
      </dl>
      <Json value={step.input} label="Payload of its DO" />
      <Json value={step.output} label="Its answer, the payload of its UNDO" />
    </section>
  );
}

function factsOf(step: StepDetailsProps['step']): Fact[] {
  return [
    ['Error', step.errorMessage],
    ['Error code', step.errorCode],
    ['DO first sent', moment(step.startedAt)],
    ['DO decided', moment(step.endedAt)],
    ['Undone', moment(step.undoneAt)],
    ['Took', duration(step.durationMs)],
    ['Open attempt times out', moment(step.deadline)],
    ['Next attempt', moment(step.nextAttemptAt)],
  ];
}
