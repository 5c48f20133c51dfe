// Everything the workbench's pages do by themselves, one concern a module. htmx is loaded before this.
import "./theme.js";
import "./toast.js";
import "./copy.js";
import "./dialog.js";
import "./keys.js";
import "./countdown.js";
import "./session.js";
import "./drafts.js";
import "./search.js";
import "./queue.js";
import "./case.js";
import "./photos.js";
import "./live.js";
