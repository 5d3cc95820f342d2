// What each page transfers, by Chromium's own count (compressed, headers and
// all), each in a browser without a cache, as a table.
//   node tools/weigh.mjs    TINYRIG_HTTP=http://127.0.0.1:7078
// PAGES="name=/path name2=/path2" replaces the list.
import { launch } from './browser.mjs';

const base = process.env.TINYRIG_HTTP ?? 'http://127.0.0.1:7079';
const get = async (path) => (await fetch(base + path)).json();
const { runs } = await get('/api/v1/runs?pageSize=2');
const { jobs } = await get('/api/v1/jobs?pageSize=1');
const listed = [
  ['overview', '/'],
  ['runs', '/runs'],
  ...(runs[0] ? [['run', `/runs/${runs[0].id}`]] : []),
  ...(runs[1]
    ? [['compare', `/compare?runs=${runs[1].id},${runs[0].id}`]]
    : []),
  ['trends', '/trends'],
  ['jobs', '/jobs'],
  ...(jobs[0] ? [['job', `/jobs/${jobs[0].id}`]] : []),
  ['lab', '/lab'],
];
const pages = process.env.PAGES
  ? process.env.PAGES.split(' ').map((p) => [
      p.slice(0, p.indexOf('=')),
      p.slice(p.indexOf('=') + 1),
    ])
  : listed;

/** Loads one page; bytes of its program and of its data. */
async function weigh(browser, path) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  await cdp.send('Network.enable');
  const urls = new Map();
  const sums = { program: 0, data: 0, requests: 0 };
  cdp.on('Network.requestWillBeSent', (e) =>
    urls.set(e.requestId, e.request.url),
  );
  cdp.on('Network.loadingFinished', (e) => {
    const isData = urls.get(e.requestId)?.includes('/api/');
    sums[isData ? 'data' : 'program'] += e.encodedDataLength;
    sums.requests++;
  });
  const start = performance.now();
  await page.goto(base + path);
  await page.waitForFunction(
    () =>
      document.querySelector('h1') &&
      !document.querySelector('.loading, [aria-busy=true]'),
  );
  const shown_ms = performance.now() - start;
  await page.waitForTimeout(700);
  await context.close();
  return { ...sums, shown_ms };
}

const browser = await launch();
// The first one pays for the start of the browser.
await weigh(browser, '/');
console.log('page       program B   data B  requests  shown ms');
for (const [name, path] of pages) {
  const w = await weigh(browser, path);
  console.log(
    name.padEnd(9) +
      String(w.program).padStart(11) +
      String(w.data).padStart(9) +
      String(w.requests).padStart(10) +
      String(Math.round(w.shown_ms)).padStart(10),
  );
}
await browser.close();
