import { defineWords } from '#client/platform/i18n.svelte.ts';

/** Apart from the other words of this folder, because every page shows the switcher and most need nothing else. */
export const words = defineWords(
  { unitNow: (path: string) => `当前单位：${path}。换一个单位` },
  { unitNow: (path: string) => `Current unit: ${path}. Choose another unit` },
);
