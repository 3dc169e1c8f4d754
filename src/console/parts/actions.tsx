/**
 * What an operator may do now, as buttons; each needs a reason, and an UNDO shows first what it
 * would send.
 */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { gateway } from '../data/gateway.js';
import { useLoaded } from '../data/load.js';
import type { ActionFragment } from '../generated/graphql.js';
import { ReasonDialog } from './dialog.js';
import { Shown } from './frame.js';

interface Verb {
  readonly label: string;
  readonly explain: string;
  readonly dangerous?: boolean;
}

const VERBS: Readonly<Record<string, Verb>> = {
  undoFlow: {
    label: 'Undo flow',
    explain: 'Turns the flow around: what was done is undone.',
    dangerous: true,
  },
  cancelFlow: { label: 'Cancel flow', explain: 'Ends the flow.', dangerous: true },
  pauseFlow: {
    label: 'Pause flow',
    explain: 'Sends nothing more until it is resumed; answers are still recorded.',
  },
  resumeFlow: { label: 'Resume flow', explain: 'Goes on where it was paused.' },
  retryStep: {
    label: 'Retry step',
    explain: 'Gives the step a fresh budget of retries, or runs its next attempt now.',
  },
  resendCommand: {
    label: 'Send again',
    explain: 'Sends the open command once more, with the same attemptId.',
  },
  skipStep: {
    label: 'Skip step',
    explain: 'Settles the step by hand; it is never undone afterwards.',
    dangerous: true,
  },
  pauseOrchestration: {
    label: 'Pause',
    explain: 'Sends no new DO in any of its flows; UNDO goes on.',
    dangerous: true,
  },
  resumeOrchestration: { label: 'Resume', explain: 'Takes new flows and sends DO again.' },
  archiveOrchestration: {
    label: 'Archive',
    explain: 'Refuses new flows; flows in flight go on.',
    dangerous: true,
  },
};

interface ActionButtonsProps {
  readonly actions: readonly ActionFragment[];
  readonly open: (action: ActionFragment) => void;
}

/** What is not allowed is shown as well, with the reason why not. */
export function ActionButtons({ actions, open }: ActionButtonsProps) {
  return (
    <>
      {actions.map((action) => {
        const verb = VERBS[action.name];
        if (verb === undefined) return null;
        return (
          <button
            key={action.name}
            type="button"
            class={verb.dangerous ? 'danger' : ''}
            aria-disabled={!action.allowed}
            title={action.allowed ? verb.explain : (action.reason ?? 'Not allowed now.')}
            onClick={() => action.allowed && open(action)}
          >
            {verb.label}
          </button>
        );
      })}
    </>
  );
}

interface FlowActionProps {
  readonly flowId: string;
  readonly action: ActionFragment;
  readonly close: () => void;
  readonly done: () => void;
}

/** The dialog of one action on a flow or one of its steps. */
export function FlowActionDialog(props: FlowActionProps) {
  const { flowId, action, close, done } = props;
  if (action.name === 'undoFlow') return <UndoDialog {...props} />;
  if (action.name === 'cancelFlow') return <CancelDialog {...props} />;
  if (action.name === 'skipStep') return <SkipDialog {...props} />;
  const act = (reason: string): Promise<unknown> =>
    plainAction(action, { flowId, reason }).then(done);
  return <ActionDialog action={action} close={close} act={act} />;
}

function plainAction(
  { name, stepName }: ActionFragment,
  input: { readonly flowId: string; readonly reason: string },
): Promise<unknown> {
  const ofStep = { ...input, stepName: stepName ?? '' };
  if (name === 'pauseFlow') return gateway.pauseFlow(input);
  if (name === 'resumeFlow') return gateway.resumeFlow(input);
  if (name === 'retryStep') return gateway.retryStep(ofStep);
  return gateway.resendCommand(ofStep);
}

export function ActionDialog({
  action,
  children,
  act,
  close,
}: {
  readonly action: ActionFragment;
  readonly children?: ComponentChildren;
  readonly act: (reason: string) => Promise<unknown>;
  readonly close: () => void;
}) {
  const verb = VERBS[action.name] ?? { label: action.name, explain: '' };
  const title = action.stepName === null ? verb.label : `${verb.label}: ${action.stepName}`;
  return (
    <ReasonDialog
      title={title}
      verb={verb.label}
      dangerous={verb.dangerous}
      act={act}
      close={close}
    >
      <p>{verb.explain}</p>
      {children}
    </ReasonDialog>
  );
}

function UndoDialog({ flowId, action, close, done }: FlowActionProps) {
  const plan = useLoaded(flowId, (signal) => gateway.undoPlan(flowId, { signal }));
  const act = (reason: string): Promise<unknown> =>
    gateway.undoFlow({ flowId, reason, planHash: plan.data?.hash ?? null }).then(done);
  return (
    <ActionDialog action={action} close={close} act={act}>
      <Shown loaded={plan}>
        {(found) => (
          <ol class="plan" aria-label="What would be undone, in this order">
            {found?.steps.map(({ stepName, willUndo, reason }) => (
              <li key={stepName} class={willUndo ? '' : 'muted'}>
                {willUndo ? '↶ ' : '· '}
                <strong>{stepName}</strong>: {reason}
              </li>
            ))}
          </ol>
        )}
      </Shown>
    </ActionDialog>
  );
}

function CancelDialog({ flowId, action, close, done }: FlowActionProps) {
  const [undo, setUndo] = useState(true);
  const act = (reason: string): Promise<unknown> =>
    gateway.cancelFlow({ flowId, reason, undo }).then(done);
  return (
    <ActionDialog action={action} close={close} act={act}>
      <label class="check">
        <input type="checkbox" checked={undo} onChange={() => setUndo(!undo)} />
        Undo what was done. Without this the flow ends at once and leaves things as they are.
      </label>
    </ActionDialog>
  );
}

function SkipDialog({ flowId, action, close, done }: FlowActionProps) {
  const [output, setOutput] = useState('');
  const act = async (reason: string): Promise<unknown> => {
    const taken = output.trim() === '' ? null : (JSON.parse(output) as unknown);
    const stepName = action.stepName ?? '';
    return gateway.skipStep({ flowId, stepName, reason, output: taken }).then(done);
  };
  return (
    <ActionDialog action={action} close={close} act={act}>
      <label class="field">
        Output, as JSON: taken as the step's answer. Empty: none.
        <textarea
          rows={2}
          value={output}
          onInput={(event) => setOutput(event.currentTarget.value)}
        />
      </label>
    </ActionDialog>
  );
}
