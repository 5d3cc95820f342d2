// One page, code split by lazy imports; everything a page needs is served from
// /assets (no CDN). The server of the built files is tinyrig-server.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
  build: {
    target: 'es2020',
    // Data URLs would need `img-src data:` in the content-security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Parts that pages share travel with the shell: requests cost more than
    // the few KB that a page may not need.
    rollupOptions: {
      output: {
        manualChunks: (id) =>
          /\/src\/(ui|[^/]+\.tsx?)/.test(id) && !id.includes('/pages/')
            ? 'shared'
            : undefined,
      },
    },
  },
  test: {
    environment: 'node',
    include: ['src/**/*.test.{ts,tsx}', 'tools/**/*.test.mjs'],
  },
});
