/** Positions in MongoDB: the key is the latitude. What is near a position is in a belt around the earth. */
import { orderedText } from '../../../search/types/quantity.ts'
import type { SpecialEntry, SpecialFilter } from '../../../search/types/special.ts'
import type { MongoSearchType } from './type.ts'

/** On the sphere of search/types/special.ts it is 111.19 km: the belt is a little wider than it must be. */
const DEGREE_KM = 111

/** For what is lost by rounding. */
const MARGIN_DEGREES = 0.0001

export const special: MongoSearchType<SpecialEntry, SpecialFilter> = {
  keys: ({ latitude }) => [['l', orderedText(latitude)]],

  search({ latitude, distance }) {
    const degrees = distance / DEGREE_KM + MARGIN_DEGREES
    const [from, to] = [orderedText(latitude - degrees), orderedText(latitude + degrees)]
    return { anyOf: [{ field: 'l', from, to }], exact: false }
  },
}
