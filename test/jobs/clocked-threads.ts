/** What reads the timers of referrals of a store beside a hub: the tables and the calendar of the hub of clocked-hub.ts. */
import { createCalendar } from '../../server/domain/calendar/working-days.ts'
import { loadDefinitions } from '../../server/definitions/load.ts'
import { dateRange } from '../../server/fhir/dates.ts'
import type { ThreadReading } from '../../server/jobs/referral-thread.ts'
import { loadRuleTables } from '../../server/start/load-rule-tables.ts'
import type { Store } from '../../server/store/store.ts'
import { BOARD, HUB } from '../../server/write/reserved-agencies.ts'
import { ROOT } from '../checks/files.ts'

const ZONE = 'America/Chicago'

export async function clockedThreads(store: Store): Promise<ThreadReading> {
  const [tables, definitions] = await Promise.all([loadRuleTables(ROOT), loadDefinitions(ROOT)])
  const range = (text: string) => dateRange(text, ZONE) ?? { start: Infinity, end: -Infinity }
  const calendar = createCalendar(tables.holidays, ZONE)
  return { store, definitions, timers: { table: tables.timers, calendar, hub: HUB, board: BOARD, range } }
}
