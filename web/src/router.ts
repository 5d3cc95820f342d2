// The address bar is the state: paths by the history API, everything else in
// the query. A view that cannot be linked does not exist.
import { useEffect, useState } from 'preact/hooks';

export interface Location {
  path: string;
  params: URLSearchParams;
}

const listeners = new Set<() => void>();

function read(): Location {
  return {
    path: window.location.pathname,
    params: new URLSearchParams(window.location.search),
  };
}

export function navigate(
  url: string,
  options: { replace?: boolean } = {},
): void {
  if (url === window.location.pathname + window.location.search) return;
  if (options.replace) history.replaceState(null, '', url);
  else history.pushState(null, '', url);
  for (const listener of [...listeners]) listener();
}

export function useLocation(): Location {
  const [location, setLocation] = useState(read);
  useEffect(() => {
    const update = () => setLocation(read());
    listeners.add(update);
    window.addEventListener('popstate', update);
    return () => {
      listeners.delete(update);
      window.removeEventListener('popstate', update);
    };
  }, []);
  return location;
}

export type ParamValue = string | readonly string[] | undefined | null;

/** The query with some keys set; '' or undefined removes a key. */
export function withParams(
  params: URLSearchParams,
  changes: Record<string, ParamValue>,
): string {
  const next = new URLSearchParams(params);
  for (const [key, value] of Object.entries(changes)) {
    next.delete(key);
    const values = typeof value === 'string' ? [value] : (value ?? []);
    for (const item of values) if (item !== '') next.append(key, item);
  }
  // Commas, slashes and colons are legal in a query: keep links readable.
  const text = next
    .toString()
    .replace(/%2C/g, ',')
    .replace(/%2F/g, '/')
    .replace(/%3A/g, ':');
  return text ? `?${text}` : '';
}

/** Sets query keys of the page that is open. */
export function setParams(
  changes: Record<string, ParamValue>,
  options: { replace?: boolean } = {},
): void {
  const { path, params } = read();
  navigate(path + withParams(params, changes), options);
}

/** Plain clicks on links of this page stay in the page. */
export function captureLinks(root: Document): void {
  root.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
      return;
    const link = (event.target as Element | null)?.closest?.('a');
    const href = link?.getAttribute('href');
    if (!link || !href?.startsWith('/') || href.startsWith('//')) return;
    if (link.target || link.hasAttribute('download')) return;
    if (href.startsWith('/api/') || href === '/metrics' || href === '/healthz')
      return;
    event.preventDefault();
    navigate(href);
  });
}
