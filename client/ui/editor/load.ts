type Module = typeof import('./live.ts');

let loading: Promise<Module> | undefined;

/** Fetches the editor once. `loadLive.now` is it, as soon as it is here: a press must be answered in the same moment. */
export const loadLive: { (): Promise<Module>; now?: Module } = () => {
  loading ??= import('./live.ts').then(
    (module) => (loadLive.now = module),
    (error: unknown) => {
      loading = undefined; // no line: the next try may have one
      throw error;
    },
  );
  return loading;
};
