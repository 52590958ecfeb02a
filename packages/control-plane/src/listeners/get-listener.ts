import { required } from "../constraint.ts";
import { listenerIdentifier, serviceIdentifier } from "../field-constraints.ts";
import { query } from "../operation.ts";
import { findListener } from "./find-listener.ts";
import { listenerView } from "./listener-view.ts";

/** GetListener. */
export const getListener = query(
  { serviceIdentifier: required(serviceIdentifier), listenerIdentifier: required(listenerIdentifier) },
  async (input, context) => {
    const { listener } = await findListener(context, input);
    return listenerView(listener);
  },
);
