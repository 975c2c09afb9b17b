/**
 * The referral lifecycle once more, written by hand from the published sources (Gravity SDOH Clinical Care, BSeR, the
 * nomination's four outcomes) and not from capability/rules/referral-lifecycle.json: what the rules are held against.
 * R = requester, O = owner, C = an agency that claims an open referral, B = board, H = the hub, S = any other agency.
 */
export type Who = 'R' | 'O' | 'C' | 'B' | 'H' | 'S'

/** From, to (`-` is the creation), who, and the business statuses (`=` stays as it was). */
export const ROWS: readonly (readonly [from: string, to: string, who: string, business: string])[] = [
  ['-', 'draft', 'RB', 'proposed'],
  ['-', 'requested', 'RB', 'awaiting-contact'],
  ['-', 'cancelled', 'RB', 'declined-before-send'],
  ['draft', 'requested', 'R', 'awaiting-contact'],
  ['draft', 'cancelled', 'R', 'declined-before-send'],
  ['requested', 'accepted', 'OC', 'accepted awaiting-contact contact-attempted contacted scheduled'],
  ['requested', 'rejected', 'O', 'rejected-capacity rejected-out-of-area rejected-duplicate ineligible-screened'],
  ['requested', 'cancelled', 'RO', 'withdrawn declined'],
  ['accepted', 'in-progress', 'O', 'scheduled in-service'],
  ['accepted', 'on-hold', 'O', 'waitlisted awaiting-documents paused'],
  ['in-progress', 'on-hold', 'O', 'waitlisted awaiting-documents paused'],
  ['on-hold', 'in-progress', 'O', 'scheduled rescheduled in-service'],
  ['accepted', 'completed', 'O', 'services-received'],
  ['in-progress', 'completed', 'O', 'services-received'],
  ['on-hold', 'completed', 'O', 'services-received'],
  ['accepted', 'failed', 'O', 'no-show unable-to-reach declined ineligible'],
  ['in-progress', 'failed', 'O', 'no-show unable-to-reach declined ineligible'],
  ['on-hold', 'failed', 'O', 'no-show unable-to-reach declined ineligible'],
  ['accepted', 'cancelled', 'RO', 'withdrawn fulfillment-cancelled'],
  ['in-progress', 'cancelled', 'RO', 'withdrawn fulfillment-cancelled'],
  ['on-hold', 'cancelled', 'RO', 'withdrawn fulfillment-cancelled'],
  ['draft', 'entered-in-error', 'RB', '='],
  ['requested', 'entered-in-error', 'RB', '='],
  ['accepted', 'entered-in-error', 'RB', '='],
  ['in-progress', 'entered-in-error', 'RB', '='],
  ['on-hold', 'entered-in-error', 'RB', '='],
  ['rejected', 'entered-in-error', 'ROB', '='],
  ['cancelled', 'entered-in-error', 'ROB', '='],
  ['failed', 'entered-in-error', 'ROB', '='],
  ['completed', 'entered-in-error', 'ROB', '='],
]

export const STATUSES = [
  'draft',
  'requested',
  'accepted',
  'rejected',
  'in-progress',
  'on-hold',
  'cancelled',
  'failed',
  'completed',
  'entered-in-error',
] as const

export const FINAL: readonly string[] = ['rejected', 'cancelled', 'failed', 'completed', 'entered-in-error']

export const BUSINESS: readonly string[] = (
  'proposed awaiting-contact contact-attempted contacted accepted scheduled event-missed rescheduled event-cancelled ' +
  'event-completed cancellation-requested in-service waitlisted awaiting-documents paused overdue escalated withdrawn ' +
  'declined-before-send declined ineligible ineligible-screened no-show unable-to-reach rejected-capacity ' +
  'rejected-out-of-area rejected-duplicate services-received fulfillment-cancelled'
).split(' ')

export const OUTCOMES = ['received-services', 'no-show', 'declined', 'ineligible'] as const

const HOLDS = ['waitlisted', 'awaiting-documents', 'paused']
const SIGNALS = ['overdue', 'escalated', 'cancellation-requested']

/** May the business status go from one to another while the status stays? */
export function mayProgress(who: Who, status: string, from: string, to: string): boolean {
  if (FINAL.includes(status) || status === 'draft' || from === to) return false
  if (who === 'H') return to === 'overdue' || to === 'escalated'
  if (who === 'R' && status === 'requested')
    return to === 'awaiting-contact' && (from === 'overdue' || from === 'escalated')
  if (who === 'R') return to === 'cancellation-requested'
  if (who !== 'O' || status === 'requested') return false
  if (status === 'on-hold') return HOLDS.includes(to) && (HOLDS.includes(from) || SIGNALS.includes(from))
  return ownerMay(status === 'in-progress', from, to)
}

/** `accepted` and `awaiting-contact` are only ever met before service begins. */
function ownerMay(serving: boolean, from: string, to: string): boolean {
  const fresh = serving ? [] : ['accepted', 'awaiting-contact']
  switch (to) {
    case 'contact-attempted':
      return [...fresh, 'event-missed', 'event-cancelled', ...SIGNALS].includes(from)
    case 'contacted':
      return [...fresh, 'contact-attempted', 'event-missed', 'event-cancelled', ...SIGNALS].includes(from)
    case 'scheduled':
      return (
        [...fresh, 'contact-attempted', 'contacted', ...SIGNALS].includes(from) ||
        (serving && ['event-completed', 'in-service'].includes(from))
      )
    case 'rescheduled':
      return ['event-missed', 'event-cancelled', ...SIGNALS].includes(from)
    case 'event-missed':
      return ['scheduled', 'rescheduled', ...SIGNALS].includes(from)
    case 'event-cancelled':
    case 'event-completed':
      return ['scheduled', 'rescheduled'].includes(from)
    case 'in-service':
      return serving && ['contacted', 'scheduled', 'rescheduled', 'event-completed', ...SIGNALS].includes(from)
    default:
      return false
  }
}

/** What a referral is, as far as the lifecycle cares. */
export type State = {
  readonly status: string
  readonly business: string
  readonly owned: boolean
  readonly attempts: number
  readonly served: boolean
  readonly outcome?: string
  /** The reason in words; empty: none. */
  readonly text: string
  readonly coded: boolean
}

/** Is this step legal? `before` undefined: the referral is created. Claiming sets the owner to the claimant. */
export function legal(who: Who, before: State | undefined, after: State): boolean {
  if (before && FINAL.includes(before.status))
    return who !== 'S' && (alike(before, after) || marksError(who, before, after) || corrects(who, before, after))
  const moved = before === undefined || before.status !== after.status
  const taken = moved ? mayTake(who, before, after) : mayStay(who, before, after)
  return taken && partyRight(who, before, after) && evidenceRight(who, before, after)
}

/** To write again what stands there changes nothing. */
const alike = (one: State, other: State): boolean =>
  (['status', 'business', 'owned', 'attempts', 'served', 'outcome', 'text', 'coded'] as const).every(
    (name) => one[name] === other[name],
  )

/** A closed referral was a mistake: nothing but its status changes, and a new reason says why. */
const marksError = (who: Who, before: State, after: State): boolean =>
  before.status !== 'entered-in-error' &&
  after.status === 'entered-in-error' &&
  'ROB'.includes(who) &&
  alike({ ...before, status: after.status, text: '', coded: false }, { ...after, text: '', coded: false }) &&
  after.text !== '' &&
  after.text !== before.text

/** Another of the four outcomes, with its evidence and a new reason: by the board, where no time is known. */
const corrects = (who: Who, before: State, after: State): boolean =>
  who === 'B' &&
  (before.status !== after.status || before.business !== after.business) &&
  outcomeFor(before.status, before.business) !== undefined &&
  closes(after) &&
  before.owned === after.owned &&
  after.text !== '' &&
  after.text !== before.text &&
  (after.outcome !== 'no-show' || after.attempts >= 3)

/** One of the ways to close with an outcome, with that outcome and what it needs, but for contact attempts. */
function closes(after: State): boolean {
  const isRow = ROWS.some(([, to, , codes]) => to === after.status && codes.split(' ').includes(after.business))
  const expected = outcomeFor(after.status, after.business)
  if (!isRow || expected === undefined || after.outcome !== expected) return false
  if (expected === 'received-services') return after.served
  return expected === 'ineligible' ? after.coded : true
}

function mayTake(who: Who, before: State | undefined, after: State): boolean {
  const row = ROWS.find(([from, to]) => from === (before?.status ?? '-') && to === after.status)
  if (!row || !row[2].includes(who)) return false
  return row[3] === '=' ? after.business === before?.business : row[3].split(' ').includes(after.business)
}

function mayStay(who: Who, before: State, after: State): boolean {
  if (who === 'S' || who === 'C') return false
  return before.business === after.business || mayProgress(who, before.status, before.business, after.business)
}

/** The hub touches no reason; the owner changes by a claim or by the requester's routing. */
function partyRight(who: Who, before: State | undefined, after: State): boolean {
  if (!before) return true
  if (who === 'C') return !before.owned && after.owned
  const reworded = before.text !== after.text || before.coded !== after.coded
  if (who === 'H' && reworded) return false
  // Why the owner set the status is not the requester's to say.
  if (who === 'R' && reworded && before.status === after.status && before.business === after.business) return false
  if (before.owned === after.owned) return true
  return who === 'R' && ['draft', 'requested'].includes(before.status) && ['draft', 'requested'].includes(after.status)
}

/** The outcome that a closing state stands for. */
export function outcomeFor(status: string, business: string): string | undefined {
  if (status === 'completed') return 'received-services'
  if (status === 'failed') return business === 'unable-to-reach' ? 'no-show' : business
  if (status === 'rejected' && business === 'ineligible-screened') return 'ineligible'
  return status === 'cancelled' && business === 'declined' ? 'declined' : undefined
}

function evidenceRight(who: Who, before: State | undefined, after: State): boolean {
  const expected = outcomeFor(after.status, after.business)
  if (after.outcome !== expected) return false
  if (['rejected', 'cancelled', 'on-hold', 'failed'].includes(after.status) && after.text === '') return false
  if (who === 'B' && before && after.text === '') return false
  if (expected === 'received-services' && !after.served) return false
  if (expected === 'ineligible' && !after.coded) return false
  if (expected === 'no-show' && after.attempts < 3 && before?.business !== 'event-missed') return false
  const added = after.attempts !== (before?.attempts ?? 0) || after.served !== (before?.served ?? false)
  if (added && who !== 'O' && who !== 'C') return false
  return !(who === 'B' && before && after.business !== before.business)
}
