// One test in a window of its own, with an eye on everything that is no
// business of a page: console errors, script errors, requests elsewhere.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Skip, world } from './context.mjs';

/** Hears what goes wrong in a page; `expected`: errors that the test provokes. */
export function listen(page, expected) {
  const noise = [];
  // A violated content-security policy is a console error as well.
  page.on('console', (message) => {
    if (message.type() === 'error' && !expected?.test(message.text()))
      noise.push(`${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => noise.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(world.base) && !/^blob:/.test(request.url()))
      noise.push(`asks ${request.url()}`);
  });
  return noise;
}

async function keepShot(page, name) {
  const folder = process.env.TINYRIG_SHOTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name.replace(/\W+/g, '-')}.png`);
  await page.screenshot({ path, fullPage: true }).catch(() => {});
}

/** 'ok', 'FAIL' or 'SKIPPED'; a strict lab lacks nothing, so no skipping. */
export async function runTest(browser, { name, run, options }, { strict }) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
  });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const noise = listen(page, options.errors);
  const start = Date.now();
  let timer;
  try {
    const late = new Promise((_, reject) => {
      timer = setTimeout(
        () => reject(new Error('timed out')),
        options.timeout ?? 180_000,
      );
    });
    await Promise.race([run(page), late]);
    assert.deepEqual(noise, [], 'errors in the console');
    console.log(`ok   ${name} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
    return 'ok';
  } catch (error) {
    if (error instanceof Skip && !strict) {
      console.log(`SKIPPED: ${name} needs ${error.message}`);
      return 'SKIPPED';
    }
    const lines = String(error.stack).split('\n').slice(0, 14);
    console.log(`FAIL ${name}\n     ${lines.join('\n     ')}`);
    if (noise.length)
      console.log(`     console: ${noise.slice(0, 3).join(' | ')}`);
    await keepShot(page, name);
    return 'FAIL';
  } finally {
    clearTimeout(timer);
    await context.close();
  }
}
