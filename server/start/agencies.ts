/** The agencies of the hub, for the greeting at a start. */
import { unrestricted } from '../records/view.ts'
import { ALL } from '../search/query.ts'
import type { Store } from '../store/store.ts'

export type AgencyName = { readonly id: string; readonly name: string }

export const agenciesOf = async (store: Store): Promise<readonly AgencyName[]> =>
  (await unrestricted(store).list('Organization', ALL)).map(({ id, name }) => ({ id, name: String(name) }))
