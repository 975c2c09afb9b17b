/** Reads the tables of capability/rules. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkHolidays, type HolidayRules } from '../domain/calendar/holidays.ts'
import type { DuplicateRules } from '../domain/duplicate/duplicates.ts'
import { createMatchingRule, type MatchingRule } from '../domain/participant/matching-rule.ts'
import type { IntakePackage } from '../domain/participant/intake-package.ts'
import { openStatuses, parseLifecycle, type Lifecycle } from '../domain/referral/lifecycle.ts'
import { parseTimers, type TimerTable } from '../domain/timer/table.ts'
import type { VisibilityRule } from '../domain/visibility/rule.ts'
import type { JsonObject } from '../fhir/types.ts'
import type { WritingRule } from '../write/rule-tables.ts'

export type LoadedTables = {
  readonly visibility: VisibilityRule
  readonly writing: WritingRule
  readonly lifecycle: Lifecycle
  readonly holidays: HolidayRules
  readonly matching: MatchingRule
  readonly intakePackage: IntakePackage
  readonly timers: TimerTable
  readonly duplicates: DuplicateRules
}

/** `root`: the folder that holds `capability`. */
export async function loadRuleTables(root: string): Promise<LoadedTables> {
  const table = async (name: string): Promise<JsonObject> =>
    JSON.parse(await readFile(join(root, 'capability', 'rules', `${name}.json`), 'utf8')) as JsonObject
  const lifecycle = parseLifecycle(await table('referral-lifecycle'))
  return {
    visibility: (await table('visibility')) as unknown as VisibilityRule,
    writing: (await table('writing')) as unknown as WritingRule,
    lifecycle,
    holidays: checkHolidays((await table('holidays')) as unknown as HolidayRules),
    matching: createMatchingRule((await table('matching')) as never, (await table('nicknames')) as never),
    intakePackage: (await table('intake-package')) as unknown as IntakePackage,
    duplicates: (await table('duplicates')) as unknown as DuplicateRules,
    timers: parseTimers(await table('timers'), openStatuses(lifecycle)),
  }
}
