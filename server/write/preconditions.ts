/**
 * May this change happen to what is there now? Answers 404, 403, 412 and 428 before anything else is looked at; the
 * store decides again, in the commit. https://hl7.org/fhir/R4/http.html#concurrency
 */
import { keyText, type Caller } from '../fhir/types.ts'
import { matchesTags, type Tags } from '../fhir/etag.ts'
import { ROOT } from '../fhir/canonical.ts'
import { refuse } from '../fhir/outcome.ts'
import type { Expect } from '../store/store.ts'
import type { PreparedChange } from './change.ts'
import type { Definitions } from '../definitions/definitions.ts'
import type { Policy } from './policy/policy.ts'
import type { WritingRule } from './rule-tables.ts'

type PreconditionNeeds = {
  readonly definitions: Definitions
  readonly policy: Pick<Policy, 'checkWriter' | 'checkDeleter'>
}

export function checkPreconditions(needs: PreconditionNeeds, caller: Caller, changed: PreparedChange): void {
  if (changed.change.kind === 'put' && changed.change.derived) return
  needs.policy.checkDeleter(caller, changed)
  // The hub itself need not name a version; where it does, that one must be the current one.
  if (caller.role === 'hub' && changed.change.ifMatch === undefined) return
  checkVersion(needs.definitions, changed)
  if (caller.role !== 'hub') needs.policy.checkWriter(caller, changed)
}

/** Lookups are written by the board, and chosen ids have the prefix of their agency. */
export function checkWriter(definitions: Definitions, caller: Caller, changed: PreparedChange): void {
  checkType(definitions, caller, changed)
  if (changed.change.kind === 'put' && !changed.change.create && !changed.stored)
    checkChosenId(definitions, caller, changed)
}

/** The same answer whatever there is: nobody else learns whether a participant exists, or at which version. */
export function checkDeleter(
  { deletedByBoard }: Pick<WritingRule, 'deletedByBoard'>,
  { agency, role }: Caller,
  { change, key }: PreparedChange,
): void {
  if (change.kind !== 'remove' || role !== 'agency' || !deletedByBoard.includes(key.type)) return
  throw refuse(
    'forbidden',
    `A \`${key.type}\` is deleted by the board alone, and not by \`${agency}\`. A participant that is entered twice is merged by the board (\`Patient/$merge\`); one that ended is retired: \`active\` \`false\` with a reason.`,
  )
}

/** What the commit must find: exactly the state that was looked at. */
export function expectOf(changed: PreparedChange): Expect {
  return changed.before && changed.stored ? { version: [changed.stored.version] } : 'absent'
}

function checkVersion(definitions: Definitions, { change, key, stored, before }: PreparedChange): void {
  const current = before && stored ? stored.version : 0
  const { ifMatch, ifNoneMatch } = change
  if (current > 0 && ifNoneMatch !== undefined && matchesTags(ifNoneMatch, current))
    throw excluded(key, ifNoneMatch, current)
  const requires = definitions.capability(key.type)?.versioning === 'versioned-update'
  if (ifMatch === '*' && !requires) throw namesNoVersion(key)
  if (current > 0 && requires && (ifMatch === undefined || ifMatch === '*'))
    throw versionRequired(definitions, key, { sent: ifMatch, current })
  if (ifMatch !== undefined && !matchesTags(ifMatch, current))
    throw versionConflict(definitions, key, { sent: ifMatch, current })
}

function excluded(key: RecordKey, sent: Tags, current: number) {
  if (sent !== '*')
    return refuse(
      'version-conflict',
      `\`${keyText(key)}\` is at version \`${current}\`, which If-None-Match excludes.`,
      {
        headers: { ETag: `W/"${current}"` },
      },
    )
  return refuse(
    'already-exists',
    `\`${keyText(key)}\` exists already, at version \`${current}\`; If-None-Match: * asks for it not to.`,
  )
}

type RecordKey = PreparedChange['key']
type Compared = { readonly sent: Tags | undefined; readonly current: number }

/** `*` would overwrite a version that its writer has never seen, or say nothing that leaving it out does not say. */
const namesNoVersion = (key: RecordKey) =>
  refuse(
    'invalid-header',
    `If-Match \`*\` names no version of \`${keyText(key)}\`. Send the version that you read, such as \`W/"3"\`, or leave the header out.`,
  )

function versionRequired(definitions: Definitions, key: RecordKey, { sent, current }: Compared) {
  const star = sent === '*' ? '; `*` names no version' : ''
  return refuse(
    'version-required',
    `\`${keyText(key)}\` is changed only with If-Match, naming the version that you reconciled with your own system${star}. ` +
      `It is at version \`${current}\`: ${compare(definitions, key, '<your version>')}, then send If-Match: W/"${current}".`,
    { headers: { ETag: `W/"${current}"` } },
  )
}

function versionConflict(definitions: Definitions, key: RecordKey, { sent = [], current }: Compared) {
  const versions = sent === '*' ? [] : sent
  if (current === 0) {
    const named = sent === '*' ? 'any' : list(versions)
    return refuse('version-conflict', `\`${keyText(key)}\` has no current version, so If-Match (${named}) cannot hold.`)
  }
  return refuse(
    'version-conflict',
    `\`${keyText(key)}\` is at version \`${current}\`, not ${list(versions)}. ` +
      `To see what changed, ${compare(definitions, key, String(versions[0] ?? 1))}, reconcile, then send If-Match: W/"${current}".`,
    { headers: { ETag: `W/"${current}"`, 'Content-Location': `${keyText(key)}/_history/${current}` } },
  )
}

const list = (versions: readonly number[]): string =>
  versions.map((version) => `\`${version}\``).join(', ') || 'a version that the hub never gave'

/** How to compare a version with the current one: by $reconcile where the type has it, else by the history. */
function compare(definitions: Definitions, key: RecordKey, base: string): string {
  const types = definitions.find(`${ROOT}/OperationDefinition/reconcile`)?.resource
  return Array.isArray(types) && types.includes(key.type)
    ? `compare by GET ${keyText(key)}/$reconcile?base=${base}`
    : `read GET ${keyText(key)}/_history`
}

function checkType(definitions: Definitions, caller: Caller, { key }: PreparedChange): void {
  if (definitions.capability(key.type)?.writer === 'board' && caller.role !== 'board') {
    throw refuse(
      'forbidden',
      `\`${key.type}\` is a lookup kept by the board; \`${caller.agency}\` may read it but not write it.`,
    )
  }
}

/** A chosen id never tells whether somebody else's record exists: an agency has a prefix of its own. */
function checkChosenId(definitions: Definitions, caller: Caller, { key }: PreparedChange): void {
  if (caller.role === 'board' && definitions.capability(key.type)?.writer === 'board') return
  if (key.id.startsWith(`${caller.agency}.`)) return
  throw refuse(
    'id-not-yours',
    `\`${keyText(key)}\` is no record that you may know of, and a new record may have an id of your choice only when it begins with \`${caller.agency}.\`. ` +
      `To create a record under an id made by the hub, POST it to \`${key.type}\`.`,
  )
}
