/** Tells the story: plays each scene, waits until everybody was told, and keeps the expectations. */
import { AGENCIES, gather, type Cast, type Happened, type Heard } from './cast.ts'
import { createExpectations, type Expectations } from './expectations.ts'
import type { Printer } from './print.ts'
import { STORY, type Scene } from './story.ts'
import { countOutcomes, countRecords, deliveries } from './summary.ts'

/** Longest wait for a notification, in milliseconds. */
const PATIENCE = 20_000

/** Outcomes of the story's referrals: those of the nomination, and the one that was unchecked. */
const OUTCOMES = { 'received-services': 4, 'no-show': 1, ineligible: 1, declined: 1, 'declined-before-send': 1 }

type Telling = {
  readonly hub: string
  readonly print: Printer
  readonly record?: (scene: number, one: Happened) => void
}

/** Plays the whole story against a hub. Out: whether every expectation held. */
export async function tell({ hub, print, record }: Telling): Promise<boolean> {
  const expectations = createExpectations()
  let told: (Happened & { kind: 'told' })[] = []
  let quiet = true
  let scenes = 0
  let said = new Set<string>()
  /** Routine reads are not told, and nothing is said twice in a scene. */
  const isNew = (one: Happened) => {
    const text = one.kind === 'said' ? `${one.agency} ${one.text}` : ''
    const known = (one.kind === 'sent' && one.routine) || said.has(text)
    if (text) said.add(text)
    return !known
  }
  const happened = (one: Happened) => {
    if (one.kind === 'trouble') expectations.expect(one.text, false)
    if (one.kind === 'sent') expectRequest(expectations, one)
    if (one.kind === 'told') told.push(one)
    if (!quiet && isNew(one)) print.happened(one)
    if (scenes > 0 && !quiet) record?.(scenes, one)
  }
  const cast = await gather(hub, happened)
  try {
    await Promise.all(AGENCIES.map((agency) => cast.cue(agency, 'open')))
    quiet = false
    const sums = new Map<Heard, number>()
    for (const scene of STORY) {
      scenes++
      told = []
      said = new Set()
      print.title(scene.title)
      await playScene(scene, cast, expectations, sums)
      print.told(toldText(told))
    }
    quiet = true
    await summarize(hub, cast, expectations, print, sums)
  } catch (fault) {
    expectations.expect(`the story goes on: ${fault instanceof Error ? fault.message : String(fault)}`, false)
  } finally {
    await cast.stop()
  }
  return conclude(expectations, print)
}

/** `es plan-updated #1 #2, ui ...`: by agency and topic. */
function toldText(told: readonly (Happened & { kind: 'told' })[]): string {
  const numbers = new Map<string, string>()
  for (const { agency, topic, number } of told) {
    const what = `${agency} ${topic}`
    numbers.set(what, `${numbers.get(what) ?? ''} #${number}`)
  }
  return [...numbers].map(([what, all]) => `${what}${all}`).join(', ') || 'nobody'
}

function expectRequest({ expect }: Expectations, one: Happened & { kind: 'sent' }): void {
  const name = `${one.agency} ${one.method} ${one.path}: ${one.note} is answered ${one.expected}`
  expect(name, one.status === one.expected, `${one.status} ${one.issues.join(' ')}`)
}

async function playScene(scene: Scene, cast: Cast, { expect }: Expectations, sums: Map<Heard, number>): Promise<void> {
  await scene.play((agency, cue, facts) => cast.cue(agency, cue, facts), expect)
  for (const [what, count] of Object.entries(scene.told) as [Heard, number][]) {
    sums.set(what, (sums.get(what) ?? 0) + count)
    await cast.hears(what, sums.get(what) ?? 0, PATIENCE)
    expect(`${what}, in "${scene.title}"`, true)
  }
}

async function summarize(
  hub: string,
  cast: Cast,
  { expect }: Expectations,
  print: Printer,
  sums: ReadonlyMap<Heard, number>,
): Promise<void> {
  const all = await deliveries(cast, PATIENCE)
  const sent = all.reduce((sum, one) => sum + one.sent, 0)
  const received = all.reduce((sum, one) => sum + one.received, 0)
  for (const { agency, topic, sent, received } of all) {
    expect(`${agency} received every event of ${topic}`, sent === received, `${received} of ${sent}`)
    const foreseen = sums.get(`${agency} ${topic}`) ?? 0
    expect(`${agency} was told of ${topic} as the story says`, received === foreseen, `${received}, not ${foreseen}`)
  }
  const records = await countRecords(hub)
  const outcomes = await countOutcomes(hub)
  for (const [outcome, count] of Object.entries(OUTCOMES))
    expect(`${count} referral(s) ended as ${outcome}`, outcomes[outcome] === count, String(outcomes[outcome] ?? 0))
  print.title('What the hub holds')
  print.line(`  records    ${listed(records)}`)
  print.line(`  referrals  ${listed(outcomes)}`)
  print.line(`  events     ${sent} sent, ${received} received, missing = ${sent - received}`)
}

const listed = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ')

function conclude({ held, failures }: Expectations, print: Printer): boolean {
  const failed = failures()
  print.line()
  for (const failure of failed) print.bad(`  failed: ${failure}`)
  const text = `${held()} expectations held, ${failed.length} failed`
  if (failed.length > 0) print.bad(text)
  else print.good(text)
  return failed.length === 0
}
