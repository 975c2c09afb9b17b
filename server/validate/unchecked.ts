/** Values of a resource before they are checked: each property may be anything. */

export type UncheckedCoding = {
  readonly system?: unknown
  readonly version?: unknown
  readonly code?: unknown
  readonly display?: unknown
}

export type UncheckedReference = { readonly reference?: unknown; readonly type?: unknown }
