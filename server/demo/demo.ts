import type { App } from '#server/app.ts';
import { seedPeople } from './demo.people.ts';

/** Fills an empty store with the demo; does nothing to a store that holds anything. */
export async function seedDemo(app: App): Promise<void> {
  if (!app.features.directory.isEmpty()) return;
  await seedPeople(app);
}
