import { setParams } from '../router';

/** Pages are chains of tokens: first, next, and the browser's own "back". */
export function Pager({
  token,
  next,
  param = 'pageToken',
}: {
  token: string;
  next: string;
  param?: string;
}) {
  if (!token && !next) return null;
  return (
    <nav class="pager" aria-label="Pages of the list">
      <button
        type="button"
        disabled={!token}
        onClick={() => setParams({ [param]: undefined })}
      >
        First page
      </button>
      <button
        type="button"
        disabled={!next}
        onClick={() => setParams({ [param]: next })}
      >
        Next page
      </button>
    </nav>
  );
}
