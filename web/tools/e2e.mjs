// The dashboard in Debian's Chromium against a real server with real runs.
//
//   node tools/e2e.mjs --programs DIR --examples DIR [--web DIR] [NAME]
//     starts a lab of its own (server, agent, virtual boards), fills it, kills
//     it: everything runs, nothing may be skipped
//   TINYRIG_HTTP=http://127.0.0.1:7078 node tools/e2e.mjs [NAME]
//     against a lab that is there; what would need its death says SKIPPED
//
// NAME: a pattern of tests' names. TINYRIG_SHOTS=FOLDER: a screenshot of each
// failure. Exit codes: 0 ok, 1 failed, 2 usage, 77 no Chromium.
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { chromiumPath, launch } from './browser.mjs';
import { learn, tests } from './e2e/context.mjs';
import { Lab } from './e2e/lab.mjs';
import { runTest } from './e2e/run_test.mjs';
import './e2e/empty_lab.mjs';
import './e2e/data_pages.mjs';
import './e2e/query_pages.mjs';
import './e2e/live_pages.mjs';
import './e2e/whole.mjs';
import './e2e/looks.mjs';
import './e2e/permalinks.mjs';
import './e2e/death.mjs';

const { values, positionals } = parseArgs({
  options: {
    programs: { type: 'string' },
    examples: { type: 'string' },
    web: { type: 'string' },
  },
  allowPositionals: true,
});
const url = process.env.TINYRIG_HTTP;
if ((values.programs ? !values.examples : !url) || positionals.length > 1) {
  console.error(
    'usage: e2e.mjs --programs DIR --examples DIR [NAME], or TINYRIG_HTTP=URL e2e.mjs [NAME]',
  );
  process.exit(2);
}
if (!existsSync(chromiumPath)) {
  console.log(
    `SKIPPED: no Chromium at ${chromiumPath}: apt-get install chromium, or CHROMIUM=PATH`,
  );
  process.exit(77);
}

const wanted = new RegExp(positionals[0] ?? '');
const counts = { ok: 0, FAIL: 0, SKIPPED: 0 };
const lab =
  values.programs && new Lab(values.programs, values.examples, values.web);
// An interrupt or ctest's time-out must not leave a lab behind.
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => void lab?.stop().finally(() => process.exit(130)));

async function runPhase(browser, phase) {
  const chosen = tests.filter((t) => t.phase === phase && wanted.test(t.name));
  for (const test of chosen)
    counts[await runTest(browser, test, { strict: !!lab })]++;
}

let browser;
try {
  browser = await launch();
  await lab?.startServer();
  if (lab) {
    await learn(lab.http, lab);
    await runPhase(browser, 'empty');
    await lab.startAgent();
    await lab.fill();
  }
  await learn(lab?.http ?? url, lab);
  await runPhase(browser, 'data');
  if (lab) {
    await learn(lab.http, lab);
    await runPhase(browser, 'death');
  }
} catch (error) {
  counts.FAIL++;
  console.log(`FAIL the lab: ${error.stack}`);
}
if (counts.FAIL > 0 && lab) console.log(lab.logs());
await browser?.close();
await lab?.stop();
console.log(
  `${counts.ok} ok, ${counts.FAIL} failed, ${counts.SKIPPED} skipped`,
);
process.exit(counts.FAIL || counts.ok === 0 ? 1 : 0);
