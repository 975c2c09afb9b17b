/** Runs the story: each scene, until every expected notification has arrived, and counts the expectations that held. */
import {
  AGENCIES,
  startAgencies,
  type AgencyProcesses,
  type AgencyReport,
  type AgencyEvent,
} from './agency-processes.ts'
import { createExpectations, type Expectations } from './expectations.ts'
import type { Printer } from './print.ts'
import { STORY, type Scene, type Shared } from './story.ts'
import { countOutcomes, countRecords, deliveries } from './summary.ts'

/** Longest wait for a notification, in milliseconds. */
const NOTIFICATION_TIMEOUT = 20_000

/** Outcomes of the story's referrals: those of the nomination, and the one that was unchecked. */
const OUTCOMES = { 'received-services': 4, 'no-show': 1, ineligible: 1, declined: 1, 'declined-before-send': 1 }

type RunOptions = {
  readonly hub: string
  readonly print: Printer
  readonly record?: (scene: number, one: AgencyReport) => void
}

/** Runs the whole story against a hub. Out: whether every expectation held. */
export async function runStory({ hub, print, record }: RunOptions): Promise<boolean> {
  const expectations = createExpectations()
  let notified: (AgencyReport & { kind: 'notified' })[] = []
  let quiet = true
  let scenes = 0
  let printed = new Set<string>()
  /** Routine reads are not printed, and no line twice in a scene. */
  const isNew = (one: AgencyReport) => {
    const text = one.kind === 'line' ? `${one.agency} ${one.text}` : ''
    const isSkipped = (one.kind === 'exchange' && one.routine) || printed.has(text)
    if (text) printed.add(text)
    return !isSkipped
  }
  const onReport = (one: AgencyReport) => {
    if (one.kind === 'trouble') expectations.expect(one.text, false)
    if (one.kind === 'exchange') expectRequest(expectations, one)
    if (one.kind === 'notified') notified.push(one)
    if (!quiet && isNew(one)) print.report(one)
    if (scenes > 0 && !quiet) record?.(scenes, one)
  }
  const agencies = await startAgencies(hub, onReport)
  try {
    await Promise.all(AGENCIES.map((agency) => agencies.run(agency, 'subscribe')))
    quiet = false
    const sums = new Map<AgencyEvent, number>()
    const shared: Shared = { patient: '' }
    for (const scene of STORY) {
      scenes++
      notified = []
      printed = new Set()
      print.title(scene.title)
      await runScene({ scene, agencies, expectations, sums, shared })
      print.notified(notifiedText(notified))
    }
    quiet = true
    await summarize(hub, agencies, expectations, print, sums)
  } catch (fault) {
    expectations.expect(`the story runs to its end: ${fault instanceof Error ? fault.message : String(fault)}`, false)
  } finally {
    await agencies.stop()
  }
  return conclude(expectations, print)
}

/** `es plan-updated #1 #2, ui ...`: by agency and topic. */
function notifiedText(notified: readonly (AgencyReport & { kind: 'notified' })[]): string {
  const numbers = new Map<string, string>()
  for (const { agency, topic, number } of notified) {
    const what = `${agency} ${topic}`
    numbers.set(what, `${numbers.get(what) ?? ''} #${number}`)
  }
  return [...numbers].map(([what, all]) => `${what}${all}`).join(', ') || 'no agency'
}

function expectRequest({ expect }: Expectations, one: AgencyReport & { kind: 'exchange' }): void {
  const name = `${one.agency} ${one.method} ${one.path}: ${one.note} is answered ${one.expected}`
  expect(name, one.status === one.expected, `${one.status} ${one.issues.join(' ')}`)
}

type SceneRun = {
  readonly scene: Scene
  readonly agencies: AgencyProcesses
  readonly expectations: Expectations
  /** Notifications that the story expects up to now. */
  readonly sums: Map<AgencyEvent, number>
  readonly shared: Shared
}

async function runScene({ scene, agencies, expectations: { expect }, sums, shared }: SceneRun): Promise<void> {
  await scene.run((agency, step, input) => agencies.run(agency, step, input), expect, shared)
  for (const [what, count] of Object.entries(scene.notifications) as [AgencyEvent, number][]) {
    sums.set(what, (sums.get(what) ?? 0) + count)
    await agencies.waitFor(what, sums.get(what) ?? 0, NOTIFICATION_TIMEOUT)
    expect(`${what}, in "${scene.title}"`, true)
  }
}

async function summarize(
  hub: string,
  agencies: AgencyProcesses,
  { expect }: Expectations,
  print: Printer,
  sums: ReadonlyMap<AgencyEvent, number>,
): Promise<void> {
  const all = await deliveries(agencies, NOTIFICATION_TIMEOUT)
  const sent = all.reduce((sum, one) => sum + one.sent, 0)
  const received = all.reduce((sum, one) => sum + one.received, 0)
  for (const { agency, topic, sent, received } of all) {
    expect(`${agency} received every event of ${topic}`, sent === received, `${received} of ${sent}`)
    const expected = sums.get(`${agency} ${topic}`) ?? 0
    expect(
      `${agency} was notified of ${topic} as the story expects`,
      received === expected,
      `${received}, not ${expected}`,
    )
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
