/** The stories of `samples/scenarios/stories`, played over HTTP: what each agency sees, and what others may not see. */
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createClock } from '../../server/clock.ts'
import { fill } from '../../scripts/stories/form.ts'
import { ROOT } from '../checks/files.ts'
import { given, type Given } from '../given.ts'
import { temporaryFolder } from '../store/stores.ts'
import { play, type Stage } from '../../scripts/stories/play-story.ts'
import { readStory } from '../../scripts/stories/read-story.ts'
import { senderTo } from '../../scripts/stories/send.ts'

const FOLDER = join(ROOT, 'samples/scenarios/stories')
const STORIES = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.md') && file !== 'README.md')
  .sort()
/** A Monday at 9 in the morning in Mississippi, with no holiday in the next two weeks. */
const MONDAY = Date.parse('2026-03-02T15:00:00Z')

for (const store of ['memory', 'sqlite'])
  describe(`the stories, over ${store}`, function () {
    this.timeout(60_000)
    for (const file of STORIES) {
      const story = readStory(readFileSync(join(FOLDER, file), 'utf8'))
      describe(`"${story.title}" (${file})`, () => {
        let hub: Given
        let folder: string
        let now = MONDAY
        let stage: Stage
        let isStopped = false
        before(async () => {
          folder = await temporaryFolder()
          now = MONDAY
          const settings = {
            HUB_LOOPBACK_ENDPOINTS: 'true',
            HUB_STORE: store === 'memory' ? 'memory:' : `sqlite:${join(folder, 'hub.sqlite')}`,
          }
          hub = await given(
            settings,
            createClock(() => (now += 1)),
          )
          const moveTo = async (time: number): Promise<void> => {
            now = time
            await hub.hub.runDue()
          }
          stage = { send: senderTo(hub.url), moveTo, now: () => now, remembered: new Map(), exchanged: [] }
        })
        after(async () => {
          await hub?.stop()
          await rm(folder, { recursive: true })
        })
        for (const scene of story.scenes)
          it(scene.title, async function () {
            if (isStopped) this.skip()
            isStopped = true
            for (const step of scene.steps) await play(step, stage)
            isStopped = false
          })
        it('hides nothing but what somebody sent or saw, so that a word can be missed', function () {
          if (isStopped) this.skip()
          const texts = [...stage.exchanged, ...stage.remembered.values()].join('\n')
          const steps = story.scenes.flatMap((scene) => scene.steps)
          const hidden = steps.flatMap((step) => (step.kind === 'request' ? step.neverSees : []))
          assert.deepEqual(
            hidden.filter((word) => !texts.includes(fill(word, stage.remembered))),
            [],
          )
        })
      })
    }
  })

describe('each story', () => {
  for (const file of STORIES)
    it(`${file} has requests in every scene, each of which expects more than a status in at least one answer`, () => {
      const { scenes } = readStory(readFileSync(join(FOLDER, file), 'utf8'))
      assert.ok(scenes.length > 0)
      for (const { title, steps } of scenes) {
        const requests = steps.flatMap((step) => (step.kind === 'request' ? [step] : []))
        assert.ok(requests.length > 0, title)
        const isLookedAt = requests.some(
          ({ sees, neverSees, status }) => sees.length + neverSees.length > 0 || status >= 400,
        )
        assert.ok(isLookedAt, `"${title}" looks at no answer`)
      }
    })
})
