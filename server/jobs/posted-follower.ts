/** The follower of posted definitions: each process puts into effect what another one posted to the same store. */
import type { PostedDefinitions } from '../write/posted-definitions.ts'
import { posts } from '../write/posted-definitions.ts'
import { createLogFollower, type LogReader, type LogReaderNeeds } from './log-reader.ts'

const BATCH = 200

export function createPostedFollower(needs: LogReaderNeeds, posted: PostedDefinitions): LogReader {
  return createLogFollower(needs, {
    name: 'posted-definitions',
    batch: BATCH,
    async begin() {
      const sequence = await needs.store.last()
      await posted.catchUp()
      return sequence
    },
    async handle(commits) {
      if (posts(commits)) await posted.catchUp()
    },
  })
}
