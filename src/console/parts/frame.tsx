/** What every page has: a title, and its loading, error and empty states. */
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { codeOf, messageOf } from '../data/gateway.js';
import type { Loaded } from '../data/load.js';

export function Page({
  title,
  actions,
  children,
}: {
  readonly title: string;
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
}) {
  useEffect(() => {
    document.title = `${title} · Backstep`;
  }, [title]);
  return (
    <>
      <div class="page-head">
        <h1>{title}</h1>
        <div class="page-actions">{actions}</div>
      </div>
      {children}
    </>
  );
}

/** Shows `children` of what was read; until then that it loads, or why it could not. */
export function Shown<T>({
  loaded,
  children,
}: {
  readonly loaded: Loaded<T>;
  readonly children: (data: T) => ComponentChildren;
}) {
  const { data, error, reload } = loaded;
  return (
    <>
      {error !== null && <Failure error={error} again={reload} />}
      {data === null && error === null && <Loading />}
      {data !== null && children(data)}
    </>
  );
}

function Loading() {
  return (
    <div class="loading" role="status">
      <span class="spinner" aria-hidden="true" /> Loading …
    </div>
  );
}

const ADVICE: Readonly<Record<string, string>> = {
  UNAUTHENTICATED: 'Sign in (top right).',
  FORBIDDEN: 'Your role does not allow this. Sign in as somebody who may.',
  CONNECTION: 'Check that it runs; this page tries again by itself.',
};

export function Failure({
  error,
  again,
}: {
  readonly error: unknown;
  readonly again?: (() => void) | undefined;
}) {
  const code = codeOf(error);
  return (
    <div class="failure" role="alert">
      <p>
        <strong>{messageOf(error)}</strong> {code !== null && <code>{code}</code>}
      </p>
      {code !== null && ADVICE[code] !== undefined && <p>{ADVICE[code]}</p>}
      {again !== undefined && (
        <button type="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}

export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <div class="empty">{children}</div>;
}
