/**
 * One page of a participant's records, as far as the caller may know of them: for `$everything` and `$intake-package`. All
 * pages show the records as of one sequence, in the order of their creation; the `next` link carries both, encrypted.
 */
import { buildSearchset } from '../fhir/bundle.ts'
import { refuse, type Issue } from '../fhir/outcome.ts'
import { localReferences } from '../fhir/reference.ts'
import { nextTurn } from '../fhir/turns.ts'
import { keyText, type Resource } from '../fhir/types.ts'
import { contactBanOf, sentenceOf } from '../domain/participant/do-not-contact.ts'
import type { ReadDate } from '../domain/visibility/circle.ts'
import { restrictionsOf } from '../domain/visibility/labels.ts'
import type { Call, Reply } from '../interactions/call.ts'
import { addressOf } from '../interactions/links.ts'
import { deleted } from '../interactions/read.ts'
import { keyOf, notFound } from '../interactions/target.ts'
import { currentResource, isDeleted, resourceOf } from '../records/resource.ts'
import { disclosing, insight, type View } from '../records/view.ts'
import { invalidCursor, type Cursors } from '../search/page.ts'
import type { Cursor, Filter, Sort } from '../search/query.ts'
import { PAGE_BYTES } from '../store/page-bytes.ts'
import { SequenceUnavailable } from '../store/errors.ts'
import type { Found, Store, Version } from '../store/store.ts'
import type { ShownPart } from './shown-part.ts'

export type PageNeeds = {
  readonly store: Store
  readonly cursors: Cursors
  readonly range: ReadDate
}

export type PageOptions = {
  readonly operation: string
  /** The types of records that are looked at. */
  readonly types: readonly string[]
  /** Which of them are the participant's. */
  readonly where: Filter
  /** Which of these records are shown. */
  shows(resource: Resource): boolean
  /** Only those that changed at or after this instant (ms). */
  readonly since?: number
  readonly count: number
  readonly cursor?: string
  /** What is shown of each record. */
  readonly part: ShownPart
  /** The parameters of the `next` link. */
  readonly params: readonly (readonly [string, string])[]
  /** Shows the participant as the first entry of the first page. */
  readonly first: boolean
  /** What the first page shows in addition. */
  extra?(view: View, asOf: number): Promise<readonly Version[]>
  /** Which of the records that a page refers to are included, by type: lookups and staff. */
  includes(type: string): boolean
}

/** At most so many queries for one page: where few records of many are shown, a page is shorter and has a `next` link. */
const QUERIES = 8

/** @throws OutcomeError where there is no such participant that the caller may know of, or the cursor is another's */
export async function participantPage(needs: PageNeeds, call: Call, options: PageOptions): Promise<Reply> {
  const key = keyOf(call)
  const view = insight(needs.store, call.caller, call.now)
  const patient = await view.read(key)
  if (!patient) throw notFound(key)
  if (isDeleted(patient)) throw deleted(patient)
  const position = options.cursor === undefined ? undefined : decode(needs.cursors, options.cursor)
  const asOf = position?.asOf ?? (await needs.store.last())
  const { versions, next } = await collect(view, { asOf, after: position?.after }, options)
  const extra = position || !options.extra ? [] : await options.extra(view, asOf)
  // What was read may have been much, and is read again as it is now.
  await nextTurn()
  const shown = await asVisible(view, [...extra, ...versions])
  await nextTurn()
  const matches = [...(options.first && !position ? [patient] : []), ...shown]
  const included = await includesOf(view, matches, options)
  const answer = disclosing(needs.store, call.caller, call.now)
  for (const one of [...matches, ...included]) answer.disclose(one)
  const address = `${call.base}/${keyText(key)}/$${options.operation}`
  const link = (cursor: readonly (readonly [string, string])[]) => addressOf(address, [...options.params, ...cursor])
  return {
    status: 200,
    text: buildSearchset({
      base: call.base,
      links: {
        self: link(options.cursor === undefined ? [] : [['_cursor', options.cursor]]),
        ...(next ? { next: link([['_cursor', encode(needs.cursors, asOf, next)]]) } : {}),
      },
      ...notice(needs, call, position === undefined ? currentResource(patient) : undefined),
      matches: matches.map(options.part.version),
      included: included.map(options.part.version),
    }),
    disclosed: answer.disclosed(),
  }
}

/** Of a participant who must not be contacted, the first page says so before anything else. */
function notice(
  { range }: PageNeeds,
  { now }: Call,
  patient: Resource | undefined,
): { readonly first?: readonly Issue[] } {
  const ban = contactBanOf(patient, now, range)
  if (!ban) return {}
  return {
    first: [{ severity: 'warning', detail: 'do-not-contact', text: sentenceOf(ban), expression: 'Patient.extension' }],
  }
}

type Position = { readonly asOf: number; readonly after: Cursor | undefined }

async function collect(view: View, { asOf, after }: Position, options: PageOptions) {
  const since: readonly Filter[] =
    options.since === undefined ? [] : [{ op: 'updated', prefix: 'ge', start: options.since, end: options.since + 1 }]
  const versions: Version[] = []
  let next = after
  let bytes = PAGE_BYTES
  for (let queries = 0; queries < QUERIES && versions.length < options.count && bytes > 0; queries += 1) {
    const found: Found = await view
      .find({
        type: options.types,
        where: { op: 'and', of: [options.where, ...since] },
        limit: options.count - versions.length,
        bytes,
        asOf,
        ...(next ? { after: next } : {}),
      })
      .catch((fault: unknown) => {
        throw fault instanceof SequenceUnavailable ? invalidCursor() : fault
      })
    versions.push(...found.versions.filter((one) => options.shows(resourceOf(one))))
    for (const { text } of found.versions) bytes -= Buffer.byteLength(text)
    next = found.next
    if (!next) break
  }
  return { versions, next }
}

/**
 * The versions that the caller may see now. One that was replaced since the sequence of the page is an old version: it is
 * shown where the history would show it, and not if it had a label of restriction that was taken off since. What was
 * deleted since is left out.
 */
async function asVisible(view: View, versions: readonly Version[]): Promise<readonly Version[]> {
  const current = await view.readMany(versions)
  const visible = await Promise.all(
    versions.map(async (one, index) => {
      const now = current[index]
      if (now === undefined || isDeleted(now)) return undefined
      if (now.version === one.version) return one
      const labels = restrictionsOf(resourceOf(now))
      const isOpened = restrictionsOf(resourceOf(one)).some((label) => !labels.includes(label))
      return isOpened ? undefined : view.vread(one, one.version)
    }),
  )
  return visible.filter((one): one is Version => one !== undefined && !isDeleted(one))
}

/** What the records refer to and is shown with them, and the persons behind the roles of staff; each once. */
async function includesOf(
  view: View,
  matches: readonly Version[],
  { includes }: PageOptions,
): Promise<readonly Version[]> {
  const found = new Map<string, Version>()
  let from: readonly Version[] = matches
  for (let hop = 0; hop < 2 && from.length > 0; hop += 1) {
    const keys = from
      .flatMap((one) => localReferences(resourceOf(one)))
      .filter(({ type }) => hop === 0 || type === 'Practitioner')
      .filter((key) => includes(key.type) && !found.has(keyText(key)))
    const read = (await view.readMany(keys)).filter((one): one is Version => one !== undefined && !isDeleted(one))
    for (const one of read) found.set(keyText(one), one)
    from = read.filter(({ type }) => type === 'PractitionerRole')
  }
  return [...found.values()]
}

/** A sequence has as many digits in each cursor: it counts commits that the caller may not know of. */
const AS_OF: readonly Sort[] = [{ param: '_asOf', kind: 'id', descending: false }]
const DIGITS = 16

const encode = (cursors: Cursors, asOf: number, next: Cursor): string =>
  cursors.encode([String(asOf).padStart(DIGITS, '0'), ...next])

function decode(cursors: Cursors, text: string): Position {
  const [asOf, ...after] = cursors.decode(text, AS_OF)
  if (!/^\d{16}$/.test(String(asOf))) throw invalidCursor()
  return { asOf: Number(asOf), after }
}

const MOST = 200
const DEFAULT = 50

/** `_count`. @throws OutcomeError `invalid-parameter` */
export function countOf(given: unknown): number {
  if (given === undefined) return DEFAULT
  if (typeof given === 'number' && given > 0) return Math.min(given, MOST)
  throw refuse(
    'invalid-parameter',
    `\`_count\` is \`${String(given)}\`; send a whole number, 1 or more. A page has at most ${MOST} records.`,
  )
}
