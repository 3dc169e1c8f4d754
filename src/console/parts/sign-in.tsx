/** Signing in with an access token; hidden where the gateway wants none and none was given. */
import { useEffect, useState } from 'preact/hooks';
import { accessToken, setAccessToken } from '../data/sign-in.js';
import { Modal } from './dialog.js';

export function SignIn() {
  const [open, setOpen] = useState(false);
  const wanted = useWanted();
  const signedIn = accessToken() !== null;
  if (!wanted && !signedIn) return null;
  return (
    <>
      <button type="button" class="quiet" onClick={() => setOpen(true)}>
        {signedIn ? 'Signed in' : 'Sign in'}
      </button>
      {open && <TokenDialog close={() => setOpen(false)} />}
    </>
  );
}

/** Whether the gateway wants a token: it answers 401 without one. */
function useWanted(): boolean {
  const [wanted, setWanted] = useState(false);
  useEffect(() => {
    const body = JSON.stringify({ query: '{ orchestrations(first: 1) { edges { cursor } } }' });
    fetch('/graphql', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      .then((answer) => setWanted(answer.status === 401))
      .catch(() => undefined);
  }, []);
  return wanted;
}

function TokenDialog({ close }: { readonly close: () => void }) {
  const [token, setToken] = useState('');
  const save = (event: Event): void => {
    event.preventDefault();
    setAccessToken(token);
    // Everything that was read belongs to who was signed in before.
    location.reload();
  };
  return (
    <Modal title="Sign in" close={close}>
      <form onSubmit={save}>
        <label class="field">
          Access token. It is kept in this tab only; leave it empty to sign out.
          <input
            type="password"
            autocomplete="off"
            value={token}
            onInput={(event) => setToken(event.currentTarget.value)}
          />
        </label>
        <div class="buttons">
          <button type="button" onClick={close}>
            Close
          </button>
          <button type="submit" class="primary">
            {token === '' ? 'Sign out' : 'Sign in'}
          </button>
        </div>
      </form>
    </Modal>
  );
}
