/**
 * The orchestrations of the chaos run, and how the workers of each behave. Short timeouts: what is
 * lost must be noticed in the run.
 */
const backoff = { initial: '100ms', max: '1s' };
const step = (seq, name, more = {}) => ({ seq, name, ...more });

export const RECIPES = [
  {
    name: 'transfer',
    remembers: true,
    document: {
      type: 'sequential',
      maxRetries: 3,
      timeout: '4s',
      steps: [step(1, 'reserve'), step(2, 'debit'), step(3, 'credit')],
    },
  },
  {
    name: 'settle',
    remembers: false,
    document: {
      type: 'parallel',
      maxRetries: 2,
      timeout: '4s',
      steps: [step(1, 'north'), step(2, 'south'), step(3, 'east'), step(4, 'west')],
    },
  },
  {
    name: 'close',
    remembers: false,
    document: {
      type: 'sequential',
      maxRetries: 1,
      undoMaxRetries: 6,
      timeout: '3s',
      deadline: '40s',
      onUndoExhausted: 'continue',
      steps: [step(1, 'freeze'), step(2, 'payout', { undo: 'always' })],
    },
  },
  {
    name: 'open',
    remembers: true,
    document: {
      type: 'parallel',
      maxRetries: 2,
      timeout: '5s',
      steps: [step(1, 'account'), step(2, 'card', { nonRetryableErrors: ['BLOCKED'] })],
    },
  },
].map((recipe) => ({
  ...recipe,
  document: { orchestrationName: recipe.name, as: 'initiator', backoff, ...recipe.document },
}));

/** Probes how fast work goes on: its workers do nothing but answer. */
export const PROBE = {
  name: 'probe',
  document: {
    orchestrationName: 'probe',
    as: 'initiator',
    type: 'sequential',
    // However long a fault lasts, a probe completes.
    maxRetries: 1000,
    timeout: '2s',
    backoff,
    steps: [step(1, 'ping'), step(2, 'pong')],
  },
};

/** Probes the gateways alone: no worker reads its commands, the probe itself answers them. */
export const ANSWERED = {
  name: 'answered',
  document: {
    orchestrationName: 'answered',
    as: 'initiator',
    type: 'sequential',
    timeout: '10m',
    steps: [step(1, 'alone')],
  },
};

/** All that a run registers. */
export const REGISTERED = [...RECIPES, PROBE, ANSWERED];

export const recipeOf = (name) => RECIPES.find((recipe) => recipe.name === name) ?? null;
export const topicsOf = ({ document }) =>
  document.steps.flatMap(({ name }) =>
    ['do', 'undo'].map((action) => `orchestrator.${document.orchestrationName}.${name}.${action}`),
  );
