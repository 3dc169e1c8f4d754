/**
 * How long until work goes on: a few flows started at once, and the time until the last of them has
 * completed.
 */
import { callGateway } from './gateway-calls.mjs';
import { PROBE } from './recipes.mjs';
import { wait } from './rig.mjs';

const EXECUTE =
  'mutation($input: ExecuteInput!) { execute(input: $input) { flow { flowId } problems { code } } }';
const DETAILS = 'query($flowId: ID!) { details(flowId: $flowId) { status } }';
const FLOWS = 12;

export class Probe {
  constructor(gateways) {
    this.gateways = gateways;
    this.flowIds = [];
  }

  /** ms from `since` until every flow started now has completed. */
  async recovery(since) {
    await Promise.all(Array.from({ length: FLOWS }, () => this.one()));
    return performance.now() - since;
  }

  async one() {
    const input = {
      orchestrationName: PROBE.name,
      payload: {},
      idempotencyKey: `probe-${this.flowIds.length}-${Math.random()}`,
    };
    let flowId;
    while (flowId === undefined)
      flowId = (await callGateway(this.gateways, EXECUTE, { input })).execute.flow?.flowId;
    this.flowIds.push(flowId);
    while ((await callGateway(this.gateways, DETAILS, { flowId })).details?.status !== 'COMPLETED')
      await wait(50);
  }
}
