// The dashboard in Debian's Chromium against a running server with real runs.
//
//   TINYRIG_HTTP=http://127.0.0.1:7078 node tools/e2e.mjs [part of a test's name]
//   TINYRIG_MODEL=FILE.tflite TINYRIG_BOARD=ID   submit-to-result by mouse
//   TINYRIG_SHOTS=FOLDER                         a screenshot where a test fails
//
// It asks the server what there is and expects the pages to show just that. At
// least two finished runs are wanted; a test without its data says SKIPPED.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { launch } from './browser.mjs';
import { Skip, tests } from './e2e/context.mjs';
import './e2e/data_pages.mjs';
import './e2e/live_pages.mjs';
import './e2e/whole.mjs';

const only = process.argv[2];
const browser = await launch();
let failed = 0;
let skipped = 0;
const chosen = tests.filter((t) => !only || t.name.includes(only));
for (const { name, run, options } of chosen) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const noise = [];
  // A violated content-security policy is a console error as well.
  page.on(
    'console',
    (m) =>
      m.type() === 'error' &&
      !options.errors?.test(m.text()) &&
      noise.push(m.text()),
  );
  page.on('pageerror', (e) => noise.push(e.message));
  let timer;
  try {
    const late = new Promise((_, reject) => {
      timer = setTimeout(
        () => reject(new Error('timed out')),
        options.timeout ?? 90_000,
      );
    });
    await Promise.race([run(page), late]);
    assert.deepEqual(noise, [], 'errors in the console');
    console.log(`ok   ${name}`);
  } catch (error) {
    if (error instanceof Skip) {
      skipped++;
      console.log(`SKIPPED: ${name} needs ${error.message}`);
    } else {
      failed++;
      console.log(
        `FAIL ${name}\n     ${String(error.message).split('\n').slice(0, 12).join('\n     ')}`,
      );
      if (noise.length)
        console.log(`     console: ${noise.slice(0, 3).join(' | ')}`);
      if (process.env.TINYRIG_SHOTS) {
        mkdirSync(process.env.TINYRIG_SHOTS, { recursive: true });
        await page.screenshot({
          path: join(
            process.env.TINYRIG_SHOTS,
            `${name.replace(/\W+/g, '-')}.png`,
          ),
          fullPage: true,
        });
      }
    }
  } finally {
    clearTimeout(timer);
    await context.close();
  }
}
await browser.close();
console.log(
  `${chosen.length - failed - skipped} ok, ${failed} failed, ${skipped} skipped`,
);
process.exit(failed ? 1 : 0);
