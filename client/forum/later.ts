/** What a room shows only when somebody asks for it, or something fails, or has to do with files. The page fetches it once it is at rest. */
export const later = {
  menu: () => import('./MessageMenu.svelte'),
  search: () => import('./RoomSearch.svelte'),
  history: () => import('./History.svelte'),
  remove: () => import('./RemoveDialog.svelte'),
  naming: () => import('./Naming.svelte'),
  note: () => import('./RoomNote.svelte'),
  refused: () => import('./Refused.svelte'),
  attach: () => import('./Attach.svelte'),
  files: () => import('./Files.svelte'),
  errors: () => import('./forum.errors.ts'),
};
