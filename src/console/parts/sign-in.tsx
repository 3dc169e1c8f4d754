/**
 * Signing in, at the gateway's identity provider or with a pasted token; hidden where the gateway
 * needs no token and none was given.
 */
import { useEffect, useState } from 'preact/hooks';
import { keepPasted, useSession } from '../data/session.js';
import { type Access, accessOf, signIn, signOut } from '../data/sign-in.js';
import { Modal } from './dialog.js';

export function SignIn() {
  const access = useAccess();
  const { signedIn, name } = useSession();
  if (access === null || (!access.needsToken && !signedIn)) return null;
  if (!signedIn) return <SignInButton access={access} />;
  return (
    <>
      <span class="signed-in">{name === null ? 'Signed in' : `Signed in as ${name}`}</span>
      <button type="button" class="quiet" onClick={() => void signOut(access.provider)}>
        Sign out
      </button>
    </>
  );
}

/**
 * Why somebody is not signed in, and the way back. What the page shows and what was typed stays.
 */
export function SignInProblem() {
  const access = useAccess();
  const { problem } = useSession();
  if (problem === null || access === null) return null;
  return (
    <p class="banner" role="alert">
      {problem} Signing in loads this page again: copy what you have not sent yet.{' '}
      <SignInButton access={access} again />
    </p>
  );
}

function SignInButton({
  access: { provider },
  again = false,
}: {
  readonly access: Access;
  readonly again?: boolean;
}) {
  const [open, setOpen] = useState(false);
  const begin = (): void => {
    if (provider === null) setOpen(true);
    else void signIn(provider);
  };
  return (
    <>
      <button type="button" class="quiet" onClick={begin}>
        {again ? 'Sign in again' : 'Sign in'}
      </button>
      {open && <TokenDialog close={() => setOpen(false)} />}
    </>
  );
}

/** Null until it is known. */
function useAccess(): Access | null {
  const [access, setAccess] = useState<Access | null>(null);
  useEffect(() => {
    accessOf().then(setAccess, () => undefined);
  }, []);
  return access;
}

function TokenDialog({ close }: { readonly close: () => void }) {
  const [token, setToken] = useState('');
  const save = (event: Event): void => {
    event.preventDefault();
    keepPasted(token);
    // Everything that was read belongs to who was signed in before.
    location.reload();
  };
  return (
    <Modal title="Sign in" close={close}>
      <form onSubmit={save}>
        <label class="field">
          Access token. It is kept in this tab only.
          <input
            type="password"
            autocomplete="off"
            required
            value={token}
            onInput={(event) => setToken(event.currentTarget.value)}
          />
        </label>
        <div class="buttons">
          <button type="button" onClick={close}>
            Close
          </button>
          <button type="submit" class="primary">
            Sign in
          </button>
        </div>
      </form>
    </Modal>
  );
}
