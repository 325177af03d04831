import type { App } from '#server/app.ts';
import type { SettableClock } from '#server/platform/clock.ts';
import { concernScenes } from './demo.concerns.ts';
import { forumScenes, readAlong } from './demo.forum.ts';
import { meetingScenes } from './demo.meetings.ts';
import { seedPeople } from './demo.people.ts';
import { createStage } from './demo.timeline.ts';

/**
 * Fills an empty store with the demo, through the ordinary commands and from a fixed seed; does nothing to a store
 * that holds anything.
 */
export async function seedDemo(app: App, clock: SettableClock): Promise<void> {
  if (!app.features.directory.isEmpty()) return;
  console.log('Making the demo: two weeks in a street with four communities …');
  const { stage, play } = createStage(app, clock);
  clock.set(stage.day(198, 9)); // everybody's post is two hundred days old
  await seedPeople(app, stage.now);
  const said = forumScenes(stage);
  concernScenes(stage, said);
  meetingScenes(stage);
  readAlong(stage);
  await play();
  await app.consumers.settled();
}
