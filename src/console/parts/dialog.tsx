/**
 * A question that must be answered before something is done: focus stays inside, Escape closes it.
 */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Failure } from './frame.js';

export interface DialogProps {
  readonly title: string;
  /** On the button that does it. */
  readonly verb: string;
  readonly dangerous?: boolean | undefined;
  readonly children?: ComponentChildren;
  /** Does it; what it throws is shown, and the dialog stays open. */
  readonly act: (reason: string) => Promise<unknown>;
  readonly close: () => void;
}

export function ReasonDialog({ title, verb, dangerous, children, act, close }: DialogProps) {
  const [reason, setReason] = useState('');
  const { busy, error, submit } = useAct(() => act(reason.trim()), close);
  return (
    <Modal title={title} close={close}>
      <form onSubmit={submit}>
        {children}
        <label class="field">
          Reason (stored with the action, 1 to 2000 characters)
          <textarea
            required
            maxLength={2000}
            rows={2}
            value={reason}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </label>
        {error !== null && <Failure error={error} />}
        <div class="buttons">
          <button type="button" onClick={close}>
            Close
          </button>
          <button type="submit" class={dangerous ? 'danger' : 'primary'} disabled={busy}>
            {busy ? 'Working …' : verb}
          </button>
        </div>
      </form>
    </Modal>
  );
}

function useAct(act: () => Promise<unknown>, close: () => void) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const submit = (event: Event): void => {
    event.preventDefault();
    setBusy(true);
    act().then(close, (cause: unknown) => {
      setError(cause);
      setBusy(false);
    });
  };
  return { busy, error, submit };
}

export function Modal({
  title,
  close,
  children,
}: {
  readonly title: string;
  readonly close: () => void;
  readonly children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-label={title} onClose={close}>
      <h2>{title}</h2>
      {children}
    </dialog>
  );
}
