// What stands in place of data: loading, nothing there, an error.
import type { ComponentChildren } from 'preact';
import { ApiError } from '../api';
import type { Load } from '../load';

export function Loading({ what }: { what: string }) {
  return (
    <p class="loading" role="status">
      Loading {what}…
    </p>
  );
}

export function Empty({
  title,
  children,
}: {
  title: string;
  children?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

export function ErrorBox({
  error,
  retry,
}: {
  error: Error;
  retry?: () => void;
}) {
  const code = error instanceof ApiError ? error.code : 'PAGE';
  const hint =
    code === 'UNREACHABLE'
      ? 'This page loads again by itself as soon as the server is back.'
      : code === 'NOT_FOUND'
        ? 'The link may be old, or from another lab.'
        : '';
  return (
    <div class="error" role="alert">
      <p>
        <span class="badge state-failed">{code}</span> {error.message}
      </p>
      {hint && <p class="quiet">{hint}</p>}
      {retry && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Error, else loading, else the page; old data stays while new data loads. */
export function Loaded<T>({
  load,
  what,
  children,
}: {
  load: Load<T>;
  what: string;
  children: (data: T) => ComponentChildren;
}) {
  if (load.error) return <ErrorBox error={load.error} retry={load.reload} />;
  if (load.data === undefined) return <Loading what={what} />;
  return (
    <div aria-busy={load.loading} class={load.loading ? 'busy' : ''}>
      {children(load.data)}
    </div>
  );
}
