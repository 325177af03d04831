/** What a room shows only when somebody asks for it, or something fails. The page fetches it once it is at rest. */
export const later = {
  menu: () => import('./MessageMenu.svelte'),
  search: () => import('./RoomSearch.svelte'),
  history: () => import('./History.svelte'),
  remove: () => import('./RemoveDialog.svelte'),
  errors: () => import('./forum.errors.ts'),
};
