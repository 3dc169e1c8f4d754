/** Flows as rows. */

import { duration } from '../../figures/figures.js';
import { moment } from '../data/format.js';
import type { FlowRowFragment } from '../generated/graphql.js';
import { Status, StepSigns } from './status.js';
import { TableHead } from './table-head.js';

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
        <TableHead
          titles={['Status', 'Orchestration', 'Flow', 'Steps', 'Started', 'Took', 'Why']}
          numbers={['Took']}
        />
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
