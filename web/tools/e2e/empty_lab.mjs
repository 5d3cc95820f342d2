// A lab in which nothing ever happened: each page says so, and what to do.
import { settled, test } from './context.mjs';

const said = {
  '/': 'No run yet.',
  '/runs': 'No run yet.',
  '/compare': 'Choose two or more runs.',
  '/trends': 'No run yet.',
  '/jobs': 'Nothing waits and nothing runs.',
  '/jobs?submit=1': 'No board has ever attached.',
  '/lab': 'No board has ever attached.',
};

test(
  'empty lab: each page says that, and leads on',
  async (page) => {
    for (const [path, words] of Object.entries(said)) {
      await settled(page, path);
      await page.getByText(words).first().waitFor();
    }
    await settled(page, '/runs');
    await page.getByRole('link', { name: 'Submit a model' }).click();
    await page.waitForURL(/\/jobs\?submit=1$/);
  },
  { phase: 'empty' },
);
