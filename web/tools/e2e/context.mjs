// What the tests know of the server, and the words they are written in.
import { readFileSync } from 'node:fs';

/** Filled by `learn`: what the API said before the tests of a phase began. */
export const world = {};

export const api = async (path) => {
  const reply = await fetch(`${world.base}/api/v1${path}`);
  if (!reply.ok)
    throw new Error(`${path}: ${reply.status} ${await reply.text()}`);
  return reply.json();
};

export async function learn(base, lab) {
  world.base = base.replace(/\/$/, '');
  world.lab = lab;
  world.runs = (await api('/runs?pageSize=100')).runs;
  world.jobs = (await api('/jobs?pageSize=100')).jobs;
  world.boards = (await api('/boards?pageSize=100')).boards;
  world.overview = await api('/overview');
  world.full = world.runs[0] && (await api(`/runs/${world.runs[0].id}`));
  world.withAccuracy = world.runs.find(
    (r) => r.accuracy && Number(r.accuracy.total) > 0,
  );
}

export class Skip extends Error {}
export const need = (value, what) => {
  if (!value) throw new Skip(what);
  return value;
};

/** Run in the order of phases ('empty', 'data', 'death'), then of writing. */
export const tests = [];
export const test = (name, run, options = {}) =>
  tests.push({ name, run, options, phase: options.phase ?? 'data' });

/** Every page with everything on it. */
export const everyPage = () => {
  const { runs, withAccuracy, jobs } = world;
  const failed = jobs.find((j) => j.failure);
  return [
    '/',
    '/runs',
    '/trends',
    '/jobs?submit=1',
    '/lab',
    ...(runs[0] ? [`/runs/${runs[0].id}`] : []),
    ...(withAccuracy ? [`/runs/${withAccuracy.id}`] : []),
    ...(runs[1]
      ? [`/compare?runs=${runs[0].id},${runs[1].id}&all=1`]
      : ['/compare']),
    ...(jobs[0] ? [`/jobs/${jobs[0].id}`] : []),
    ...(failed ? [`/jobs/${failed.id}`] : []),
  ];
};

/** Chromium now and then drops one of many downloads in a row: click again. */
async function downloadOf(page, button, tries = 3) {
  try {
    const [download] = await Promise.all([
      page.waitForEvent('download', { timeout: 10_000 }),
      button.click(),
    ]);
    return download;
  } catch (error) {
    if (tries <= 1 || error.name !== 'TimeoutError') throw error;
    return downloadOf(page, button, tries - 1);
  }
}

export async function csvOf(page, box) {
  const button = box.locator('[data-export]').first();
  const download = await downloadOf(page, button);
  const text = readFileSync(await download.path(), 'utf8');
  return {
    name: download.suggestedFilename(),
    lines: text.trimEnd().split('\r\n'),
  };
}

/** Open, and nothing is loading or connecting any more. */
export const settled = async (page, path) => {
  await page.goto(world.base + path);
  await ready(page);
};
export const ready = async (page) => {
  await page.waitForSelector('h1');
  await page.waitForFunction(
    () => !document.querySelector('.loading, .busy, .link-mark.connecting'),
  );
};
export const text = async (page, selector) =>
  (await page.locator(selector).first().innerText()).trim();
