/**
 * What a worker executed, and whether each command came exactly as often as it should. The same
 * attempt again is a redelivery by Kafka: it is counted apart.
 */

/** Of a flow whose last step fails: so many attempts. */
const ATTEMPTS = 3;

/** [DO, UNDO] of each step. */
function expectedOf(steps, fail) {
  const last = steps.length - 1;
  return steps.map((_, index) => {
    if (!fail) return [1, 0];
    return index === last ? [ATTEMPTS, 0] : [1, 1];
  });
}

export class Executed {
  flows = new Map();
  redelivered = 0;

  constructor(steps) {
    this.steps = steps;
  }

  add({ flowId, stepName, action, attemptId }) {
    let flow = this.flows.get(flowId);
    if (flow === undefined) {
      flow = { attempts: new Set(), counts: this.steps.map(() => [0, 0]) };
      this.flows.set(flowId, flow);
    }
    if (flow.attempts.has(attemptId)) {
      this.redelivered++;
      return;
    }
    flow.attempts.add(attemptId);
    flow.counts[this.steps.indexOf(stepName)][action === 'DO' ? 0 : 1]++;
  }

  /** All that was executed since the last call must be of `count` flows with this outcome. */
  take({ fail, count }) {
    const expected = JSON.stringify(expectedOf(this.steps, fail));
    const wrong = [...this.flows].filter(([, flow]) => JSON.stringify(flow.counts) !== expected);
    const result = {
      flows: this.flows.size,
      missing: count - this.flows.size,
      wrong: wrong.length,
      examples: wrong.slice(0, 3).map(([flowId, { counts }]) => ({ flowId, counts })),
      redelivered: this.redelivered,
    };
    this.flows = new Map();
    this.redelivered = 0;
    return result;
  }
}
