/** Tells a story of `samples/scenarios/stories` at a hub whose clock the demo moves, so that years pass in a moment. */
import { AssertionError } from 'node:assert'
import { readFileSync } from 'node:fs'
import { createClock } from '../../server/clock.ts'
import { loadConfig } from '../../server/config.ts'
import { createHub } from '../../server/hub.ts'
import { createLog } from '../../server/log.ts'
import { play, type Stage, type StoryAnswer, type StoryMessage } from '../stories/play-story.ts'
import { readStory, type Story, type StoryRequest, type StoryStep } from '../stories/read-story.ts'
import { senderTo } from '../stories/send.ts'
import type { Printer } from './print.ts'

/** A Monday at 9 in the morning in Mississippi. */
const START = Date.parse('2026-03-02T15:00:00Z')

/** A story by the name of its file. */
export const storyOf = (name: string): Story =>
  readStory(readFileSync(new URL(`../../samples/scenarios/stories/${name}.md`, import.meta.url), 'utf8'))

/** Tells it request by request, and says why where an answer is not the expected one. Out: whether everything held. */
export async function tellStory(story: Story, print: Printer): Promise<boolean> {
  let now = START
  const log = createLog('silent')
  const hub = await createHub(loadConfig(SETTINGS), { log, clock: createClock(() => (now += 1)) })
  try {
    const { url } = await hub.listen()
    const moveTo = async (time: number): Promise<void> => {
      now = time
      await hub.runDue()
    }
    let last: Sent | undefined
    const send = async (message: StoryMessage): Promise<StoryAnswer> => {
      const answer = await senderTo(url)(message)
      last = { message, answer }
      return answer
    }
    const stage: Stage = { send, moveTo, now: () => now, remembered: new Map(), exchanged: [] }
    let held = 0
    for (const scene of story.scenes) {
      print.title(scene.title)
      for (const step of scene.steps) {
        await play(step, stage).finally(() => printed(step, last, print))
        held += step.kind === 'request' ? expectations(step) : 0
      }
    }
    print.line()
    print.good(`${held} expectations held, 0 failed`)
    return true
  } catch (fault) {
    if (!(fault instanceof AssertionError)) throw fault
    print.line()
    print.bad(`  failed: ${fault.message}`)
    return false
  } finally {
    await hub.stop()
  }
}

const SETTINGS = { HUB_PORT: '0', HUB_STORE: 'memory:', HUB_LOG: 'silent', HUB_LOOPBACK_ENDPOINTS: 'true' }

type Sent = { readonly message: StoryMessage; readonly answer: StoryAnswer }

const expectations = ({ sees, neverSees }: StoryRequest): number => 1 + sees.length + neverSees.length

function printed(step: StoryStep, last: Sent | undefined, print: Printer): void {
  if (step.kind === 'later')
    return print.line(`  ... ${/^\d{4}/.test(step.until) ? step.until.slice(0, 10) : `${step.until} later`}`)
  if (!last) return
  const { message, answer } = last
  const ifMatch = /"(.+)"/.exec(message.headers?.['If-Match'] ?? '')?.[1]
  print.request(message.agency, {
    method: message.method,
    path: message.path,
    ...(ifMatch === undefined ? {} : { ifMatch }),
    status: answer.status,
    expected: step.status,
    note: noteOf(step),
    issues: answer.status < 400 ? [] : issuesOf(answer.body),
  })
}

/** What the story looks at in the answer, where that is short. */
function noteOf({ sees, neverSees }: StoryRequest): string {
  if (neverSees.length > 0) return 'and nothing that it may not know'
  const [first = ''] = sees
  return first.length > 0 && first.length < 60 && !first.includes('{{') ? first : ''
}

function issuesOf(body: unknown): readonly string[] {
  const { issue = [] } = (body ?? {}) as {
    readonly issue?: readonly { readonly details?: { readonly text?: string } }[]
  }
  return issue.map(({ details }) => details?.text ?? '')
}
