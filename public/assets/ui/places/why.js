// Why something was refused, with times as people here write them.

import {explain, has, t} from "../../i18n/index.js";
import {comingTime} from "../../text/times.js";

const FOR_GOOD = 5 * 365 * 86_400_000; // ms: nobody waits that long

/** The words for an error; a time in it is the reader's, where the server has said which. */
export function why(error) {
  const {rule, until} = error;
  if (!until || !has(`why.${rule}`)) return explain(error);
  return until - Date.now() > FOR_GOOD ? t(`why.${rule}-for-good`) : t(`why.${rule}`, {until: comingTime(until)});
}
