/** SQL that reads the wanted payloads of flows, and SQL for their size in bytes. */
import type { Payloads } from '../../engine/ports.js';
import { RUN_COLUMNS, STEP_COLUMNS, withPayloads } from '../rows/flow-rows.js';

/**
 * The columns of a flow and its steps, in one statement and so in one snapshot: a reader never sees
 * half of a commit.
 */
export function wholeFlow({ flowInput, flowOutput, stepInput, stepOutput }: Payloads): string {
  const run = withPayloads(RUN_COLUMNS, flowInput, flowOutput);
  // Steps may refer to the flow's input.
  const columns = stepInput && !flowInput ? run.replace('NULL::text AS input', REFERRED_TO) : run;
  return `${columns}, (SELECT json_agg(step) FROM (
  SELECT ${withPayloads(STEP_COLUMNS, stepInput, stepOutput)} FROM orchestration_step_run s WHERE s.flow_id = r.flow_id
) AS step)::text AS steps`;
}

const REFERRED_TO = `CASE WHEN EXISTS (
    SELECT FROM orchestration_step_run o WHERE o.flow_id = r.flow_id AND o.input_of_flow
  ) THEN r.input::text END AS input`;

/** Bytes of the wanted payloads of these flows. */
export function sizeOf({ flowInput, flowOutput, stepInput, stepOutput }: Payloads): string {
  const length = (column: string, wanted: boolean): string =>
    wanted ? `coalesce(octet_length(${column}::text), 0)` : '0';
  // The flow's input counts once for each step that refers to it.
  const inputs = `CASE WHEN s.input_of_flow THEN ${length('r.input', stepInput)} ELSE ${length('s.input', stepInput)} END`;
  return `SELECT coalesce(sum(${length('r.input', flowInput)} + ${length('r.output', flowOutput)} + coalesce((
    SELECT sum(${inputs} + ${length('s.output', stepOutput)})
    FROM orchestration_step_run s WHERE s.flow_id = r.flow_id
  ), 0)), 0)::float8 AS bytes FROM orchestration_run r WHERE r.flow_id = ANY ($1::text[])`;
}
