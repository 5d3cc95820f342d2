// Paths -> pages. A page is loaded when it is first opened. /regressions has
// its place here when a later issue builds it.
import type { ComponentType } from 'preact';

import type { PageProps } from './page_props';

export type Page = ComponentType<PageProps>;

export interface Route {
  path: RegExp;
  title(id: string): string;
  load(): Promise<{ default: Page }>;
}

const routes: Route[] = [
  {
    path: /^\/$/,
    title: () => 'Overview',
    load: () => import('./pages/overview/page'),
  },
  {
    path: /^\/runs$/,
    title: () => 'Runs',
    load: () => import('./pages/runs/page'),
  },
  {
    path: /^\/runs\/([^/]+)$/,
    title: (id) => `Run ${id}`,
    load: () => import('./pages/run/page'),
  },
  {
    path: /^\/compare$/,
    title: () => 'Compare',
    load: () => import('./pages/compare/page'),
  },
  {
    path: /^\/trends$/,
    title: () => 'Trends',
    load: () => import('./pages/trends/page'),
  },
  {
    path: /^\/jobs$/,
    title: () => 'Jobs',
    load: () => import('./pages/jobs/page'),
  },
  {
    path: /^\/jobs\/([^/]+)$/,
    title: (id) => `Job ${id}`,
    load: () => import('./pages/job/page'),
  },
  {
    path: /^\/lab$/,
    title: () => 'Lab',
    load: () => import('./pages/lab/page'),
  },
];

const missing: Route = {
  path: /^/,
  title: () => 'Not found',
  load: () => import('./pages/missing/page'),
};

export function match(path: string): { route: Route; id: string } {
  const clean = path.length > 1 ? path.replace(/\/+$/, '') || '/' : path;
  for (const route of routes) {
    const found = route.path.exec(clean);
    if (found) return { route, id: decode(found[1] ?? '') };
  }
  return { route: missing, id: '' };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // "%zz": shown as it stands, the server will say NOT_FOUND.
  }
}

export const navigation = [
  { href: '/', text: 'Overview', within: /^\/$/ },
  { href: '/runs', text: 'Runs', within: /^\/runs/ },
  { href: '/compare', text: 'Compare', within: /^\/compare/ },
  { href: '/trends', text: 'Trends', within: /^\/trends/ },
  { href: '/jobs', text: 'Jobs', within: /^\/jobs/ },
  { href: '/lab', text: 'Lab', within: /^\/lab/ },
];
