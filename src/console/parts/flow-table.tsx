/** Flows as rows. */

import { duration } from '../../figures/figures.js';
import { moment } from '../data/format.js';
import type { FlowRowFragment } from '../generated/graphql.js';
import { Status, StepSigns } from './status.js';

export function FlowTable({
  flows,
  caption,
}: {
  readonly flows: readonly FlowRowFragment[];
  readonly caption: string;
}) {
  return (
    <div class="scroll">
      <table>
        <caption class="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">Status</th>
            <th scope="col">Orchestration</th>
            <th scope="col">Flow</th>
            <th scope="col">Steps</th>
            <th scope="col">Started</th>
            <th scope="col" class="number">
              Took
            </th>
            <th scope="col">Why</th>
          </tr>
        </thead>
        <tbody>
          {flows.map((flow) => (
            <Row key={flow.flowId} flow={flow} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ flow }: { readonly flow: FlowRowFragment }) {
  const { flowId, orchestrationName, startedAt } = flow;
  return (
    <tr>
      <td>
        <Status of={flow.status} /> {flow.paused && <Status of="PAUSED" />}
      </td>
      <td>
        <a href={`/orchestrations/${encodeURIComponent(orchestrationName)}`}>{orchestrationName}</a>
      </td>
      <td>
        <a class="id" href={`/flows/${encodeURIComponent(flowId)}`}>
          {flowId}
        </a>
      </td>
      <td>
        <StepSigns steps={flow.steps} />
      </td>
      <td>
        <time dateTime={startedAt}>{moment(startedAt)}</time>
      </td>
      <td class="number">{duration(flow.durationMs)}</td>
      <td class="cut" title={flow.failureReason ?? undefined}>
        {flow.failureReason}
      </td>
    </tr>
  );
}
