// What the tests know of the server, and the words they are written in.
import { readFileSync } from 'node:fs';

export const base = (
  process.env.TINYRIG_HTTP ?? 'http://127.0.0.1:7079'
).replace(/\/$/, '');
export const api = async (path) => {
  const reply = await fetch(`${base}/api/v1${path}`);
  if (!reply.ok)
    throw new Error(`${path}: ${reply.status} ${await reply.text()}`);
  return reply.json();
};
export class Skip extends Error {}
export const need = (value, what) => {
  if (!value) throw new Skip(what);
  return value;
};

export const tests = [];
export const test = (name, run, options = {}) =>
  tests.push({ name, run, options });

export const { runs } = await api('/runs?pageSize=100');
export const { jobs } = await api('/jobs?pageSize=100');
export const { boards } = await api('/boards?pageSize=100');
export const overview = await api('/overview');
export const full = runs[0] && (await api(`/runs/${runs[0].id}`));
export const withAccuracy = runs.find(
  (r) => r.accuracy && Number(r.accuracy.total) > 0,
);

export async function csvOf(page, box) {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    box.locator('[data-export]').first().click(),
  ]);
  const text = readFileSync(await download.path(), 'utf8');
  return {
    name: download.suggestedFilename(),
    lines: text.trimEnd().split('\r\n'),
  };
}

export const settled = async (page, path) => {
  await page.goto(base + path);
  await page.waitForSelector('h1');
  await page.waitForFunction(() => !document.querySelector('.loading, .busy'));
};
export const text = async (page, selector) =>
  (await page.locator(selector).first().innerText()).trim();
