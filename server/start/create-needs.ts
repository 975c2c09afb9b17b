/** What the handlers need, made of the settings, the store and the definitions. */
import type { Config } from '../config.ts'
import { createCalendar, type Calendar } from '../domain/calendar/working-days.ts'
import type { IntakePackage } from '../domain/participant/intake-package.ts'
import { newHubId } from '../domain/participant/hub-id.ts'
import type { DuplicateRules } from '../domain/duplicate/duplicates.ts'
import type { Lifecycle } from '../domain/referral/lifecycle.ts'
import type { ArmingNeeds } from '../domain/timer/arm.ts'
import type { ReadDate } from '../domain/visibility/circle.ts'
import type { VisibilityRule } from '../domain/visibility/rule.ts'
import { dateRange } from '../fhir/dates.ts'
import { createCodeFacts } from '../search/code-facts.ts'
import { containedEntries } from '../search/contained.ts'
import { extract } from '../search/extract.ts'
import type { SearchLimits } from '../search/limits.ts'
import type { Store } from '../store/store.ts'
import type { WriteNeeds } from '../write/needs.ts'
import { createAccessTokens, type AccessTokens } from '../write/access-tokens.ts'
import type { AttemptLimits, Attempts } from '../write/attempts.ts'
import { auditEvent, auditWrite, type AuditedAct } from '../write/audit-event.ts'
import type { Author } from '../write/context.ts'
import { createAttempts } from '../write/create-attempts.ts'
import type { HubPolicyNeeds } from '../write/policy/hub.ts'
import type { Policy } from '../write/policy/policy.ts'
import type { PostedNeeds } from '../write/posted-definitions.ts'
import type { RecordIndex } from '../write/record-index.ts'
import { BOARD, HUB } from '../write/reserved-agencies.ts'
import { searchable } from '../write/searchable.ts'
import type { DefinitionsInEffect } from './definitions-in-effect.ts'
import { limitsOf } from './limits.ts'
import type { LoadedTables } from './load-rule-tables.ts'

export type PolicyChoice = {
  /** Does what the board posts have an effect? */
  readonly posts: boolean
  readonly policy: (needs: HubPolicyNeeds) => Policy
}

type HubParts = {
  readonly store: Store
  readonly inEffect: DefinitionsInEffect
  readonly tables: LoadedTables
  /** Key of the hash by which social security numbers are compared. */
  readonly secret: Buffer
  /** Called for each posted definition that cannot be used any more, with the reason. */
  readonly leftOut: PostedNeeds['leftOut']
  newId(): string
}

type RuleNeeds = WriteNeeds & {
  readonly lifecycle: Lifecycle
  readonly calendar: Calendar
  readonly range: ReadDate
  readonly duplicates: DuplicateRules
  readonly attempts: Attempts
  readonly tokens: AccessTokens
  readonly visibility: VisibilityRule
  readonly intakePackage: IntakePackage
  readonly timers: ArmingNeeds
  readonly searchLimits: SearchLimits
  readonly patchLimit: number
}

const HOUR = 3_600_000

export function createNeeds(
  config: Config,
  { posts, policy }: PolicyChoice,
  { store, inEffect, tables, secret, leftOut, newId }: HubParts,
): RuleNeeds {
  const { publicUrl, timeZone } = config
  const { search: searchLimits } = limitsOf(config)
  const { definitions, validator } = inEffect
  const options = { base: publicUrl ?? '', timeZone, codes: createCodeFacts(definitions) }
  const index: RecordIndex = {
    extract(resource) {
      const parameters = definitions.capability(resource.resourceType)?.searchParameters ?? []
      const entries = extract(searchable(resource), parameters, options)
      return resource.contained === undefined ? entries : [...entries, ...containedEntries(resource)]
    },
    visibility: tables.visibility,
    matching: tables.matching,
    posts,
  }
  const range: ReadDate = (text) => dateRange(text, timeZone) ?? { start: Infinity, end: -Infinity }
  const calendar = createCalendar(tables.holidays, timeZone)
  const lifecycle: Lifecycle = { ...tables.lifecycle, workingDayOf: calendar.workingDayOf }
  const attempts = createAttempts({ store, index, limits: attemptLimits(config), newId })
  const timers: ArmingNeeds = { table: tables.timers, calendar, hub: HUB, board: BOARD, range }
  const rules = {
    ...tables,
    lifecycle,
    range,
    loopbackEndpoints: config.loopbackEndpoints,
    subscriptionLimit: config.subscriptionLimit,
    searchLimits,
    attempts,
    reportToBoard: ({ caller, now }: Pick<Author, 'caller' | 'now'>, act: AuditedAct) =>
      auditWrite(index, auditEvent(newId(), caller, now, act)),
    posted: inEffect.acceptPosted(store, leftOut),
    timers,
  }
  const values = { newHubId, ssnKey: secret }
  return {
    store,
    definitions,
    validator,
    index,
    policy: policy({ store, definitions, index, tables: rules, values, newId }),
    lifecycle,
    visibility: tables.visibility,
    duplicates: tables.duplicates,
    intakePackage: tables.intakePackage,
    calendar,
    range,
    attempts,
    tokens: createAccessTokens({ store, secret, newId }),
    timers,
    searchLimits,
    patchLimit: config.patchLimit,
  }
}

const attemptLimits = ({ lookUpLimit, ssnAttemptLimit }: Config): AttemptLimits => ({
  'look-up': { most: lookUpLimit, period: HOUR },
  ssn: { most: ssnAttemptLimit, period: 24 * HOUR },
})
