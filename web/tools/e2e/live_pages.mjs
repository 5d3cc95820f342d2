// Pages of the lab as it is now: jobs, submit, lab.
import assert from 'node:assert/strict';
import { base, boards, jobs, need, settled, test } from './context.mjs';

test('jobs: list, live mark, a job with its log', async (page) => {
  const job = need(jobs[0], 'a job');
  await settled(page, '/jobs');
  await page.getByText('live', { exact: true }).waitFor();
  await page
    .locator(`section[aria-label="All jobs"] a[href="/jobs/${job.id}"]`)
    .click();
  await page.waitForURL(`${base}/jobs/${job.id}`);
  await page.locator('[role="log"]').waitFor();
});

test('lab: each board with state and origin, live', async (page) => {
  need(boards[0], 'a board');
  await settled(page, '/lab');
  await page.locator('.table-box tbody tr').first().waitFor();
  assert.equal(
    await page.locator('.table-box tbody tr').count(),
    boards.length,
  );
  for (const board of boards)
    await page
      .locator('.table-box')
      .getByText(board.name, { exact: true })
      .waitFor();
});

test(
  'submit to result by mouse',
  async (page) => {
    const model = need(process.env.TINYRIG_MODEL, 'TINYRIG_MODEL');
    await settled(page, '/jobs');
    await page.getByRole('button', { name: 'Submit a model' }).click();
    await page.setInputFiles('input[type=file]', model);
    const board = process.env.TINYRIG_BOARD;
    const boxes = page.locator('fieldset input[name=board]');
    await boxes.first().waitFor();
    await (
      board
        ? page.locator(`input[name=board][value="${board}"]`)
        : boxes.first()
    ).check();
    await page.getByRole('button', { name: 'Submit', exact: true }).click();
    await page.waitForURL(/\/jobs\/j-\d+$/);
    await page
      .getByRole('link', { name: /See the result/ })
      .click({ timeout: 300_000 });
    await page.waitForURL(/\/runs\/r-\d+$/);
    await page.locator('dl.headline').waitFor();
  },
  { timeout: 320_000 },
);

test('submit: a wrong file is refused with a word on what is wanted', async (page) => {
  await settled(page, '/jobs?submit=1');
  await page.setInputFiles('input[type=file]', {
    name: 'model.onnx',
    mimeType: 'x/y',
    buffer: Buffer.from('x'),
  });
  await page.getByText(/a \.tflite or \.tinyrig file is wanted/).waitFor();
  await page.getByRole('button', { name: 'Submit', exact: true }).click();
  await page.getByText('choose a .tflite file first').waitFor();
});
