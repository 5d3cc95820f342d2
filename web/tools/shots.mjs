// Screenshots of every page, to look at.
//   node tools/shots.mjs FOLDER [width...]   TINYRIG_HTTP=http://127.0.0.1:7078
// PAGES="name=/path name2=/path2" replaces the list; THEME=dark.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { launch } from './browser.mjs';

const base = process.env.TINYRIG_HTTP ?? 'http://127.0.0.1:7079';
const [folder = 'shots', ...widths] = process.argv.slice(2);
const get = async (path) => (await fetch(base + path)).json();
const { runs } = await get('/api/v1/runs?pageSize=2');
const { jobs } = await get('/api/v1/jobs?pageSize=3');
const listed = {
  overview: '/',
  runs: '/runs',
  trends: '/trends',
  jobs: '/jobs?submit=1',
  lab: '/lab',
  ...(runs[0] && { run: `/runs/${runs[0].id}` }),
  ...(runs[1] && { compare: `/compare?runs=${runs[1].id},${runs[0].id}` }),
  ...(jobs[0] && { job: `/jobs/${jobs[0].id}` }),
};
const pages = process.env.PAGES
  ? Object.fromEntries(
      process.env.PAGES.split(' ').map((p) => [
        p.slice(0, p.indexOf('=')),
        p.slice(p.indexOf('=') + 1),
      ]),
    )
  : listed;
mkdirSync(folder, { recursive: true });
const browser = await launch();
for (const width of widths.length ? widths.map(Number) : [1280]) {
  const context = await browser.newContext({
    viewport: { width, height: width < 600 ? 740 : 900 },
    colorScheme: process.env.THEME === 'dark' ? 'dark' : 'light',
  });
  const page = await context.newPage();
  page.on(
    'console',
    (m) => m.type() === 'error' && console.log(`console: ${m.text()}`),
  );
  page.on('pageerror', (e) => console.log(`page error: ${e.message}`));
  for (const [name, path] of Object.entries(pages)) {
    await page.goto(base + path);
    await page.waitForTimeout(Number(process.env.WAIT ?? 900));
    const wide = await page.evaluate(
      () => document.documentElement.scrollWidth - innerWidth,
    );
    if (wide > 0) console.log(`${name} at ${width}: ${wide} px too wide`);
    await page.screenshot({
      path: join(folder, `${name}-${width}.png`),
      fullPage: true,
    });
  }
  await context.close();
}
await browser.close();
