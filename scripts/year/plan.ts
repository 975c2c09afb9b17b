/**
 * The year that is simulated, drawn from a seed: who is referred from where to where on which day, what the agencies do
 * about it and how late, and how it ends. The counts are those of the nomination (Oct 2018 to Oct 2019), scaled; each is
 * met exactly, whatever the seed.
 */
import { createRandom, type Random } from '../random.ts'

/** Inter-agency referrals of the year, and the shares of the closed ones in hundredths. */
const REFERRALS = 52_248
const SHARES: Readonly<Record<Outcome, number>> = {
  'received-services': 54,
  'no-show': 33,
  declined: 9,
  ineligible: 4,
}
/** Customers of employment services referred to human services; of them in SNAP before, and after. */
const CUSTOMERS = 13_713
const BEFORE = 2_946
const AFTER = 5_179
/** Per mille of the referrals that end without an outcome, and that nobody has closed at the end. */
const ENDED = 20
const OPEN = 10

export const DAYS = 365
/** Agencies that refer, and to whom. The first pair is the one whose co-enrolment is counted. */
export const CO_ENROLMENT = { requester: 'es', owner: 'dhs' } as const
const PAIRS = [
  ['es', 'abe'],
  ['es', 'vr'],
  ['ui', 'es'],
  ['dhs', 'es'],
  ['dhs', 'abe'],
  ['ui', 'dhs'],
] as const

export type Outcome = 'received-services' | 'no-show' | 'declined' | 'ineligible'
export type Ending = Outcome | 'withdrawn' | 'rejected' | 'open'

export type PlannedReferral = {
  readonly number: number
  readonly participant: number
  readonly requester: string
  readonly owner: string
  readonly ending: Ending
  /** Days of the year: when it is sent, answered, and closed. */
  readonly sent: number
  readonly answered: number
  readonly closed: number
  /** When the participant is in SNAP already, or comes into it (days before or after the referral is sent). */
  readonly snap?: { readonly before: boolean; readonly days: number }
}

export type YearPlan = {
  readonly referrals: readonly PlannedReferral[]
  readonly expected: {
    readonly sent: number
    readonly outcomes: Readonly<Record<Outcome, number>>
    readonly ended: number
    readonly open: number
    readonly customers: number
    readonly before: number
    readonly after: number
  }
}

/** `scale`: 1 for the whole year, 100 for a hundredth of it. */
export function planYear(scale: number, seed: number): YearPlan {
  const choice = createRandom(seed)
  const scaled = (count: number): number => Math.round(count / scale)
  const sent = scaled(REFERRALS)
  const [ended, open] = [Math.round((sent * ENDED) / 1000), Math.round((sent * OPEN) / 1000)]
  const outcomes = apportioned(sent - ended - open)
  const [customers, before, after] = [CUSTOMERS, BEFORE, AFTER].map(scaled) as [number, number, number]
  const endings = shuffled(endingsOf(outcomes, ended, open), choice)
  const referrals = endings.map((ending, number): PlannedReferral => {
    const [requester, owner] = number < customers ? [CO_ENROLMENT.requester, CO_ENROLMENT.owner] : choice.pick(PAIRS)
    const day = choice.below(DAYS)
    const answered = day + delay(choice)
    const closed = answered + 1 + choice.below(40)
    const snap =
      number < before
        ? { before: true, days: 1 + choice.below(300) }
        : number < after
          ? { before: false, days: 1 + choice.below(60) }
          : undefined
    return {
      number,
      participant: number < customers ? number : participantOf(number, customers, requester, choice),
      ...{ requester, owner, ending, sent: day, answered, closed },
      ...(snap ? { snap } : {}),
    }
  })
  return { referrals, expected: { sent, outcomes, ended, open, customers, before, after } }
}

/** Most agencies answer at once, some late enough that the hub warns, a few so late that it escalates. */
const delay = (choice: Random): number =>
  choice.chance(0.75) ? choice.below(2) : choice.chance(0.7) ? 2 + choice.below(5) : 7 + choice.below(14)

/** Half of the further referrals of employment services are about people whom it referred before. */
const participantOf = (number: number, customers: number, requester: string, choice: Random): number =>
  requester === CO_ENROLMENT.requester && choice.chance(0.5) ? choice.below(customers) : number

/** The shares of a total as whole numbers, by largest remainder. */
function apportioned(total: number): Readonly<Record<Outcome, number>> {
  const rows = Object.entries(SHARES).map(([name, share]) => {
    const exact = (total * share) / 100
    return { name, count: Math.floor(exact), rest: exact - Math.floor(exact) }
  })
  const missing = total - rows.reduce((sum, { count }) => sum + count, 0)
  const byRest = [...rows].sort((a, b) => b.rest - a.rest)
  for (const row of byRest.slice(0, missing)) row.count += 1
  return Object.fromEntries(rows.map(({ name, count }) => [name, count])) as Record<Outcome, number>
}

const endingsOf = (outcomes: Readonly<Record<Outcome, number>>, ended: number, open: number): Ending[] => [
  ...Object.entries(outcomes).flatMap(([name, count]) => Array.from({ length: count }, () => name as Outcome)),
  ...Array.from({ length: ended }, (_, index) => (index % 2 === 0 ? 'withdrawn' : 'rejected') as Ending),
  ...Array.from({ length: open }, () => 'open' as Ending),
]

/** https://en.wikipedia.org/wiki/Fisher%E2%80%93Yates_shuffle */
function shuffled<T>(list: T[], choice: Random): readonly T[] {
  for (let index = list.length - 1; index > 0; index -= 1) {
    const other = choice.below(index + 1)
    const [one, two] = [list[index] as T, list[other] as T]
    list[index] = two
    list[other] = one
  }
  return list
}
