/**
 * A debug line per event. DO and UNDO have a component each, so that one can be made louder alone
 * (docs/operating.md).
 */
import type { FlowOfLine, Log, Logs } from '../observability/log.js';
import type { FlowEvent } from '../saga/event.js';
import { maskEvent } from './masking/masked.js';
import type { FlowRecord, Wire } from './ports.js';

type Direction = 'DO' | 'UNDO' | 'FLOW';

export function logEvents(
  logs: Logs,
  records: readonly FlowRecord[],
  { flowTrace }: Pick<Wire, 'flowTrace'>,
): void {
  const by: Record<Direction, Log> = { DO: logs('do'), UNDO: logs('undo'), FLOW: logs('flow') };
  if (!by.DO.debugs && !by.UNDO.debugs && !by.FLOW.debugs) return;
  for (const { after, events } of records) {
    const { traceId } = flowTrace(after.flowId, after.headers);
    const log = aboutOf(by, { flowId: after.flowId, traceId });
    for (const event of events) {
      const shown = maskEvent(after.orchestration, event);
      log[directionOf(event)].debug({ ...shown }, event.type);
    }
  }
}

function aboutOf(by: Readonly<Record<Direction, Log>>, flow: FlowOfLine): typeof by {
  return { DO: by.DO.about(flow), UNDO: by.UNDO.about(flow), FLOW: by.FLOW.about(flow) };
}

function directionOf(event: FlowEvent): Direction {
  if (event.type.startsWith('UNDO') || ('action' in event && event.action === 'UNDO'))
    return 'UNDO';
  return event.type.startsWith('DO') || 'action' in event ? 'DO' : 'FLOW';
}
