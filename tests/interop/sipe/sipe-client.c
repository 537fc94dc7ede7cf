/*
 * SPDX-License-Identifier: MIT (see LICENSE beside this file)
 *
 * sipe-client - headless driver for the Debian pidgin-sipe plugin.
 *
 * Loads libpurple and the SIPE protocol plugin ("prpl-sipe"), signs one
 * account in and lets a test script drive SIPE's Group Chat (persistent chat)
 * support: commands come in as lines on stdin, everything SIPE reports goes
 * out as one JSON object per line on stdout.
 *
 * See README.md for the list of options, commands and events.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>
#include <glib-unix.h>
#include <json-glib/json-glib.h>
#include <libxml/parser.h>

#include <purple.h>

#define UI_ID   "sipe-client"
#define PRPL_ID "prpl-sipe"

/* ------------------------------------------------------------------ */
/* Work-around for the libxml2 security updates of Debian 12 (seen with  */
/* 2.9.14+dfsg-1.3~deb12u4 and ~deb12u6): a handler that carries the     */
/* SAX2 magic number is treated as SAX2 even when it has SAX1 element    */
/* callbacks only, and those are then never called. SIPE sets up its     */
/* parser that way, so without this every XML body looks empty to it.    */
/* The definition below takes precedence over the library's because the  */
/* program is linked with -rdynamic.                                     */

int xmlSAXUserParseMemory(xmlSAXHandlerPtr sax, void *user_data,
			  const char *buffer, int size)
{
	static int (*library)(xmlSAXHandlerPtr, void *, const char *, int);
	xmlSAXHandler sax1;

	if (!library)
		*(void **) &library = dlsym(RTLD_NEXT, "xmlSAXUserParseMemory");
	if (sax && sax->initialized == XML_SAX2_MAGIC &&
	    !sax->startElementNs && !sax->endElementNs &&
	    (sax->startElement || sax->endElement)) {
		sax1 = *sax;
		sax1.initialized = 1;
		sax = &sax1;
	}
	return library(sax, user_data, buffer, size);
}

/* ------------------------------------------------------------------ */
/* Work-around for libpurple 2.14's ring of bytes to be written: after    */
/* bytes that filled it exactly to the end (256, 512, 768 ...) and were   */
/* all taken out, one pointer stands at its beginning and the other at    */
/* its end. What is appended then leaves in the wrong order, over and     */
/* over again, so that now and then SIPE's second REGISTER is garbage.    */
/* An empty ring may begin anywhere: let it begin at the beginning.       */

void purple_circ_buffer_append(PurpleCircBuffer *buf, gconstpointer src, gsize len)
{
	static void (*library)(PurpleCircBuffer *, gconstpointer, gsize);

	if (!library)
		*(void **) &library = dlsym(RTLD_NEXT, "purple_circ_buffer_append");
	if (buf && buf->bufused == 0)
		buf->inptr = buf->outptr = buf->buffer;
	library(buf, src, len);
}

/* ------------------------------------------------------------------ */
/* Options                                                              */

static gchar   *opt_user, *opt_login, *opt_password, *opt_server;
static gchar   *opt_transport, *opt_auth, *opt_gcuser, *opt_useragent;
static gchar   *opt_userdir, *opt_debuglog;
static gchar  **opt_plugindirs;
static gboolean opt_noconnect, opt_stay, opt_verify, opt_quiet;
static gint     opt_timeout, opt_reconnect, opt_hurry;

static GOptionEntry option_entries[] = {
	{ "user", 'u', 0, G_OPTION_ARG_STRING, &opt_user,
	  "sign-in address, user@domain (env SIPE_USER)", "ADDR" },
	{ "login", 'l', 0, G_OPTION_ARG_STRING, &opt_login,
	  "login name if it differs: user, DOMAIN\\user or user@domain (env SIPE_LOGIN)", "NAME" },
	{ "password", 'p', 0, G_OPTION_ARG_STRING, &opt_password,
	  "password (env SIPE_PASSWORD)", "PW" },
	{ "server", 's', 0, G_OPTION_ARG_STRING, &opt_server,
	  "host[:port] of the SIP server (env SIPE_SERVER)", "HOST" },
	{ "transport", 't', 0, G_OPTION_ARG_STRING, &opt_transport,
	  "tcp, tls or auto (env SIPE_TRANSPORT, default tls)", "T" },
	{ "auth", 'a', 0, G_OPTION_ARG_STRING, &opt_auth,
	  "ntlm, krb5, tls-dsk or auto (env SIPE_AUTH, default ntlm)", "A" },
	{ "groupchat-user", 'g', 0, G_OPTION_ARG_STRING, &opt_gcuser,
	  "Group Chat Proxy setting: domain or user@domain (env SIPE_GROUPCHAT_USER)", "URI" },
	{ "useragent", 0, 0, G_OPTION_ARG_STRING, &opt_useragent,
	  "override the User-Agent string (env SIPE_USERAGENT)", "UA" },
	{ "debug-log", 'd', 0, G_OPTION_ARG_FILENAME, &opt_debuglog,
	  "write the full libpurple/SIPE debug output, SIP messages included, to FILE (env SIPE_DEBUG_LOG)", "FILE" },
	{ "user-dir", 0, 0, G_OPTION_ARG_FILENAME, &opt_userdir,
	  "libpurple configuration directory (default: a fresh temporary one)", "DIR" },
	{ "plugin-dir", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &opt_plugindirs,
	  "extra directory with libpurple plugins (may be repeated)", "DIR" },
	{ "no-connect", 'n', 0, G_OPTION_ARG_NONE, &opt_noconnect,
	  "wait for the 'connect' command instead of connecting at once", NULL },
	{ "reconnect", 'r', 0, G_OPTION_ARG_INT, &opt_reconnect,
	  "reconnect SECS seconds after a non-fatal connection error (0: never)", "SECS" },
	{ "hurry", 0, 0, G_OPTION_ARG_INT, &opt_hurry,
	  "SIPE's five minutes until it looks for Group Chat again take SECS seconds", "SECS" },
	{ "timeout", 0, 0, G_OPTION_ARG_INT, &opt_timeout,
	  "give up and exit with status 4 after SECS seconds", "SECS" },
	{ "stay", 0, 0, G_OPTION_ARG_NONE, &opt_stay,
	  "keep running when stdin ends", NULL },
	{ "verify-cert", 0, 0, G_OPTION_ARG_NONE, &opt_verify,
	  "use libpurple's certificate checks (default: accept anything)", NULL },
	{ "no-debug-events", 0, 0, G_OPTION_ARG_NONE, &opt_quiet,
	  "do not derive 'reply', 'parted' and 'sipe-log' events from SIPE's debug output", NULL },
	{ NULL, 0, 0, 0, NULL, NULL, NULL }
};

static void env_default(gchar **option, const gchar *variable, const gchar *fallback)
{
	const gchar *value = g_getenv(variable);
	if (*option)
		return;
	if (value)
		*option = g_strdup(value);
	else if (fallback)
		*option = g_strdup(fallback);
}

/* ------------------------------------------------------------------ */
/* Global state                                                         */

static GMainLoop     *loop;
static PurpleAccount *account;
static FILE          *debug_file;
static int            exit_status;
static gboolean       quitting;
static guint          reconnect_timer;
static gchar         *temp_dir;
static GHashTable    *title_to_uri;   /* room title -> ma-chan:// URI */

/* ------------------------------------------------------------------ */
/* JSON output                                                          */

static JsonBuilder *event_begin(const gchar *name)
{
	JsonBuilder *b = json_builder_new();
	json_builder_begin_object(b);
	json_builder_set_member_name(b, "event");
	json_builder_add_string_value(b, name);
	return b;
}

static void add_str(JsonBuilder *b, const gchar *key, const gchar *value)
{
	json_builder_set_member_name(b, key);
	if (value) {
		gchar *valid = g_utf8_make_valid(value, -1);
		json_builder_add_string_value(b, valid);
		g_free(valid);
	} else {
		json_builder_add_null_value(b);
	}
}

static void add_int(JsonBuilder *b, const gchar *key, gint64 value)
{
	json_builder_set_member_name(b, key);
	json_builder_add_int_value(b, value);
}

static void add_bool(JsonBuilder *b, const gchar *key, gboolean value)
{
	json_builder_set_member_name(b, key);
	json_builder_add_boolean_value(b, value);
}

static void event_end(JsonBuilder *b)
{
	JsonGenerator *gen = json_generator_new();
	JsonNode *root;
	gchar *text;

	json_builder_end_object(b);
	root = json_builder_get_root(b);
	json_generator_set_root(gen, root);
	text = json_generator_to_data(gen, NULL);
	fputs(text, stdout);
	fputc('\n', stdout);
	fflush(stdout);
	if (debug_file) {
		fprintf(debug_file, "EVENT %s\n", text);
		fflush(debug_file);
	}
	g_free(text);
	json_node_free(root);
	g_object_unref(gen);
	g_object_unref(b);
}

static void event_error(const gchar *what, const gchar *detail)
{
	JsonBuilder *b = event_begin("command-error");
	add_str(b, "command", what);
	add_str(b, "message", detail);
	event_end(b);
}

static gchar *html_to_text(const gchar *html)
{
	return html ? purple_markup_strip_html(html) : NULL;
}

/* ------------------------------------------------------------------ */
/* libpurple event loop on top of GLib                                  */

typedef struct {
	PurpleInputFunction function;
	guint               result;
	gpointer            data;
} IOClosure;

static gboolean io_invoke(GIOChannel *source, GIOCondition condition, gpointer data)
{
	IOClosure *closure = data;
	PurpleInputCondition cond = 0;

	if (condition & (G_IO_IN | G_IO_HUP | G_IO_ERR))
		cond |= PURPLE_INPUT_READ;
	if (condition & (G_IO_OUT | G_IO_HUP | G_IO_ERR | G_IO_NVAL))
		cond |= PURPLE_INPUT_WRITE;
	closure->function(closure->data, g_io_channel_unix_get_fd(source), cond);
	return TRUE;
}

static guint glib_input_add(gint fd, PurpleInputCondition condition,
			    PurpleInputFunction function, gpointer data)
{
	IOClosure *closure = g_new0(IOClosure, 1);
	GIOChannel *channel;
	GIOCondition cond = 0;

	closure->function = function;
	closure->data     = data;
	if (condition & PURPLE_INPUT_READ)
		cond |= G_IO_IN | G_IO_HUP | G_IO_ERR;
	if (condition & PURPLE_INPUT_WRITE)
		cond |= G_IO_OUT | G_IO_HUP | G_IO_ERR | G_IO_NVAL;

	channel = g_io_channel_unix_new(fd);
	closure->result = g_io_add_watch_full(channel, G_PRIORITY_DEFAULT, cond,
					      io_invoke, closure, g_free);
	g_io_channel_unref(channel);
	return closure->result;
}

/* GROUPCHAT_RETRY_TIMEOUT of sipe-groupchat.c; SIPE asks for no other timer of this length */
#define GROUPCHAT_RETRY 300

static guint glib_timeout_add_seconds(guint interval, GSourceFunc function, gpointer data)
{
	if (opt_hurry && interval == GROUPCHAT_RETRY)
		interval = opt_hurry;
	return g_timeout_add_seconds(interval, function, data);
}

static PurpleEventLoopUiOps eventloop_ops = {
	g_timeout_add,
	g_source_remove,
	glib_input_add,
	g_source_remove,
	NULL,
	glib_timeout_add_seconds,
	NULL, NULL, NULL
};

/* ------------------------------------------------------------------ */
/* Debug output: log file, and a few facts SIPE reports nowhere else    */

static gchar *quoted_part(const gchar *text, const gchar *open, const gchar *close)
{
	const gchar *start = strstr(text, open), *end;
	if (!start)
		return NULL;
	start += strlen(open);
	end = g_strrstr(start, close);
	return end ? g_strndup(start, end - start) : NULL;
}

static void remember_room(const gchar *line)
{
	/* joined room 'TITLE' (URI)   /   rejoining room 'TITLE' (URI) */
	gchar *title = quoted_part(line, "room '", "' (");
	gchar *uri   = quoted_part(line, "' (", ")");
	if (title && uri)
		g_hash_table_replace(title_to_uri, g_strdup(title), g_strdup(uri));
	g_free(title);
	g_free(uri);
}

static const gchar *const interesting_log[] = {
	"can't connect to group chat server!",
	"no group chat server found.",
	"disabling group chat feature.",
	"connection to group chat server established.",
	"groupchat_init_retry: trying again later...",
	"chatserver_grpchat_message: message",
	"chatserver_command_response: failure",
	"chatserver_response: ignoring unknown response",
	"chatserver_response_part: ",
	"chatserver_response_uri: ",
	"process_incoming_info_groupchat: ",
	"sip_transport_input: message without authentication data",
	"sip_transport_input: signature of incoming message is invalid",
	"sipe_groupchat_invite_response: session expires",
	"received response to unknown transaction",
	"XML parser error",
	"keepalive_timeout: expired",
	"Server has disconnected",
	NULL
};

static void debug_print(PurpleDebugLevel level, const char *category, const char *text)
{
	if (debug_file) {
		gchar *stamp;
		GDateTime *now = g_date_time_new_now_utc();
		stamp = g_date_time_format(now, "%H:%M:%S");
		fprintf(debug_file, "(%s.%03d) %s: %s", stamp,
			g_date_time_get_microsecond(now) / 1000,
			category ? category : "", text);
		if (!g_str_has_suffix(text, "\n"))
			fputc('\n', debug_file);
		fflush(debug_file);
		g_date_time_unref(now);
		g_free(stamp);
	}

	if (!category || strcmp(category, "sipe") != 0)
		return;

	if (g_str_has_prefix(text, "joined room '") ||
	    g_str_has_prefix(text, "rejoining room '")) {
		remember_room(text);
		return;
	}
	if (opt_quiet)
		return;

	if (g_str_has_prefix(text, "leaving room '")) {
		gchar *title = quoted_part(text, "room '", "' (");
		gchar *uri   = quoted_part(text, "' (", ")");
		JsonBuilder *b = event_begin("parted");
		add_str(b, "room", title);
		add_str(b, "uri", uri);
		event_end(b);
		g_free(title);
		g_free(uri);
		return;
	}
	if (g_str_has_prefix(text, "chatserver_response: '")) {
		/* chatserver_response: 'rpl:join' result (200) SUCCESS_OK */
		const gchar *id   = text + strlen("chatserver_response: '");
		const gchar *end  = strchr(id, '\'');
		const gchar *code = end ? strstr(end, "result (") : NULL;
		if (code) {
			const gchar *tail = strstr(code, ") ");
			gchar *name    = g_strndup(id, end - id);
			gchar *message = tail ? g_strstrip(g_strdup(tail + 2)) : NULL;
			gboolean notice = g_str_has_prefix(name, "ntc:");
			JsonBuilder *b = event_begin(notice ? "notice" : "reply");
			add_str(b, "id", name);
			if (!notice) {
				add_int(b, "code", atoi(code + strlen("result (")));
				add_str(b, "message", message);
			}
			event_end(b);
			g_free(name);
			g_free(message);
		}
		return;
	}
	{
		const gchar *const *entry;
		for (entry = interesting_log; *entry; entry++)
			if (strstr(text, *entry)) {
				gchar *copy = g_strstrip(g_strdup(text));
				JsonBuilder *b = event_begin("sipe-log");
				add_str(b, "text", copy);
				event_end(b);
				g_free(copy);
				return;
			}
	}
}

static gboolean debug_is_enabled(PurpleDebugLevel level, const char *category)
{
	return debug_file || (category && strcmp(category, "sipe") == 0);
}

static PurpleDebugUiOps debug_ops = {
	debug_print, debug_is_enabled, NULL, NULL, NULL, NULL
};

/* ------------------------------------------------------------------ */
/* Conversations                                                        */

static const gchar *room_uri(PurpleConversation *conv)
{
	return g_hash_table_lookup(title_to_uri, purple_conversation_get_name(conv));
}

static void add_room(JsonBuilder *b, PurpleConversation *conv)
{
	add_str(b, "room", purple_conversation_get_name(conv));
	add_str(b, "uri", room_uri(conv));
}

static void write_conv(PurpleConversation *conv, const char *name, const char *alias,
		       const char *message, PurpleMessageFlags flags, time_t mtime)
{
	gboolean chat = purple_conversation_get_type(conv) == PURPLE_CONV_TYPE_CHAT;
	gboolean plain = chat && !(flags & (PURPLE_MESSAGE_ERROR | PURPLE_MESSAGE_SYSTEM |
					    PURPLE_MESSAGE_NOTIFY));
	/* Group Chat messages are plain text with only & < > " ' escaped;
	 * stripping tags would also collapse line breaks */
	gchar *text = plain ? purple_unescape_html(message) : html_to_text(message);
	const gchar *kind = "message";
	JsonBuilder *b;
	GDateTime *when;
	gchar *stamp = NULL;

	if (flags & PURPLE_MESSAGE_ERROR)
		kind = "room-error";
	else if (flags & (PURPLE_MESSAGE_SYSTEM | PURPLE_MESSAGE_NOTIFY))
		kind = "room-notice";
	else if (!chat)
		kind = "im";

	b = event_begin(kind);
	if (chat)
		add_room(b, conv);
	else
		add_str(b, "with", purple_conversation_get_name(conv));
	if (name && *name)
		add_str(b, "author", name);
	if ((when = g_date_time_new_from_unix_utc(mtime)) != NULL) {
		stamp = g_date_time_format(when, "%Y-%m-%dT%H:%M:%SZ");
		g_date_time_unref(when);
	}
	add_str(b, "time", stamp);
	add_str(b, "text", text);
	add_str(b, "html", message);
	add_bool(b, "self", (flags & PURPLE_MESSAGE_SEND) != 0);
	event_end(b);
	g_free(stamp);
	g_free(text);
}

static void chat_add_users(PurpleConversation *conv, GList *users, gboolean new_arrivals)
{
	JsonBuilder *b = event_begin("users-added");
	add_room(b, conv);
	add_bool(b, "new", new_arrivals);
	json_builder_set_member_name(b, "users");
	json_builder_begin_array(b);
	for (; users; users = users->next) {
		PurpleConvChatBuddy *cb = users->data;
		json_builder_add_string_value(b, cb->name);
	}
	json_builder_end_array(b);
	event_end(b);
}

static void chat_remove_users(PurpleConversation *conv, GList *users)
{
	JsonBuilder *b = event_begin("users-removed");
	add_room(b, conv);
	json_builder_set_member_name(b, "users");
	json_builder_begin_array(b);
	for (; users; users = users->next)
		json_builder_add_string_value(b, users->data);
	json_builder_end_array(b);
	event_end(b);
}

static PurpleConversationUiOps conversation_ops = {
	NULL,              /* create_conversation */
	NULL,              /* destroy_conversation */
	NULL,              /* write_chat */
	NULL,              /* write_im */
	write_conv,        /* write_conv */
	chat_add_users,    /* chat_add_users */
	NULL,              /* chat_rename_user */
	chat_remove_users, /* chat_remove_users */
	NULL,              /* chat_update_user */
	NULL,              /* present */
	NULL,              /* has_focus */
	NULL,              /* custom_smiley_add */
	NULL,              /* custom_smiley_write */
	NULL,              /* custom_smiley_close */
	NULL,              /* send_confirm */
	NULL, NULL, NULL, NULL
};

static void chat_joined(PurpleConversation *conv, gpointer unused)
{
	JsonBuilder *b = event_begin("joined");
	add_room(b, conv);
	add_int(b, "chat-id", purple_conv_chat_get_id(PURPLE_CONV_CHAT(conv)));
	event_end(b);
}

static void chat_left(PurpleConversation *conv, gpointer unused)
{
	JsonBuilder *b = event_begin("left");
	add_room(b, conv);
	event_end(b);
}

static void chat_topic(PurpleConversation *conv, const char *old, const char *topic, gpointer unused)
{
	JsonBuilder *b = event_begin("topic");
	add_room(b, conv);
	add_str(b, "topic", topic);
	event_end(b);
}

static void chat_flags(PurpleConversation *conv, const char *name,
		       PurpleConvChatBuddyFlags oldflags,
		       PurpleConvChatBuddyFlags newflags, gpointer unused)
{
	JsonBuilder *b = event_begin("user-flags");
	add_room(b, conv);
	add_str(b, "user", name);
	add_bool(b, "chanop", (newflags & PURPLE_CBFLAGS_OP) != 0);
	event_end(b);
}

/* ------------------------------------------------------------------ */
/* Room list                                                            */

static void roomlist_add_room(PurpleRoomlist *list, PurpleRoomlistRoom *room)
{
	JsonBuilder *b = event_begin("room");
	GList *fields = purple_roomlist_get_fields(list);
	GList *values = room->fields;

	add_str(b, "name", purple_roomlist_room_get_name(room));
	for (; fields && values; fields = fields->next, values = values->next) {
		PurpleRoomlistField *f = fields->data;
		switch (f->type) {
		case PURPLE_ROOMLIST_FIELD_BOOL:
			add_bool(b, f->name, values->data != NULL);
			break;
		case PURPLE_ROOMLIST_FIELD_INT:
			add_int(b, f->name, GPOINTER_TO_INT(values->data));
			break;
		default:
			add_str(b, f->name, values->data);
			if (values->data && strcmp(f->name, "uri") == 0)
				g_hash_table_replace(title_to_uri,
						     g_strdup(purple_roomlist_room_get_name(room)),
						     g_strdup(values->data));
			break;
		}
	}
	event_end(b);
}

static void roomlist_in_progress(PurpleRoomlist *list, gboolean in_progress)
{
	JsonBuilder *b = event_begin(in_progress ? "roomlist-start" : "roomlist-end");
	event_end(b);
}

static PurpleRoomlistUiOps roomlist_ops = {
	NULL, NULL, NULL, roomlist_add_room, roomlist_in_progress, NULL,
	NULL, NULL, NULL, NULL
};

/* ------------------------------------------------------------------ */
/* Notifications and requests                                           */

static void *notify_message(PurpleNotifyMsgType type, const char *title,
			    const char *primary, const char *secondary)
{
	JsonBuilder *b = event_begin("notify");
	add_str(b, "type", type == PURPLE_NOTIFY_MSG_ERROR ? "error" :
			   type == PURPLE_NOTIFY_MSG_WARNING ? "warning" : "info");
	add_str(b, "title", title);
	add_str(b, "primary", primary);
	add_str(b, "secondary", secondary);
	event_end(b);
	return NULL;
}

static void *notify_formatted(const char *title, const char *primary,
			      const char *secondary, const char *text)
{
	JsonBuilder *b = event_begin("notify");
	add_str(b, "type", "formatted");
	add_str(b, "title", title);
	add_str(b, "primary", primary);
	add_str(b, "secondary", secondary);
	add_str(b, "text", text);
	event_end(b);
	return NULL;
}

static PurpleNotifyUiOps notify_ops = {
	notify_message, NULL, NULL, notify_formatted, NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL
};

/* Any question is answered with its default (first) action. */
static void *request_action(const char *title, const char *primary, const char *secondary,
			    int default_action, PurpleAccount *acct, const char *who,
			    PurpleConversation *conv, void *user_data,
			    size_t action_count, va_list actions)
{
	JsonBuilder *b = event_begin("request");
	int wanted = default_action < 0 ? 0 : default_action;
	PurpleRequestActionCb chosen = NULL;
	size_t i;

	add_str(b, "title", title);
	add_str(b, "primary", primary);
	add_str(b, "secondary", secondary);
	for (i = 0; i < action_count; i++) {
		const char *label = va_arg(actions, const char *);
		PurpleRequestActionCb cb = va_arg(actions, PurpleRequestActionCb);
		if ((int) i == wanted) {
			add_str(b, "answered", label);
			chosen = cb;
		}
	}
	event_end(b);
	if (chosen)
		chosen(user_data, wanted);
	return NULL;
}

static PurpleRequestUiOps request_ops = {
	.request_action = request_action,
};

/* ------------------------------------------------------------------ */
/* Certificates: accept everything unless --verify-cert                 */

static void accept_start(PurpleCertificateVerificationRequest *vrq)
{
	JsonBuilder *b = event_begin("certificate-accepted");
	add_str(b, "subject", vrq->subject_name);
	event_end(b);
	purple_certificate_verify_complete(vrq, PURPLE_CERTIFICATE_VALID);
}

static void accept_destroy(PurpleCertificateVerificationRequest *vrq)
{
}

static PurpleCertificateVerifier accept_verifier = {
	(gchar *) "x509",
	(gchar *) "tls_cached",
	accept_start,
	accept_destroy,
	NULL, NULL, NULL, NULL
};

static void install_verifier(void)
{
	PurpleCertificateVerifier *stock =
		purple_certificate_find_verifier("x509", "tls_cached");
	if (stock)
		purple_certificate_unregister_verifier(stock);
	purple_certificate_register_verifier(&accept_verifier);
}

/* ------------------------------------------------------------------ */
/* Connection                                                           */

static void do_connect(void)
{
	if (reconnect_timer) {
		g_source_remove(reconnect_timer);
		reconnect_timer = 0;
	}
	if (purple_account_is_connected(account) || purple_account_is_connecting(account)) {
		event_error("connect", "already connected or connecting");
		return;
	}
	/* libpurple forgets an unsaved password on disconnect */
	purple_account_set_password(account, opt_password);
	if (purple_account_get_enabled(account, UI_ID))
		purple_account_connect(account);
	else
		/* enabling the account makes libpurple connect it */
		purple_account_set_enabled(account, UI_ID, TRUE);
}

static gboolean reconnect_cb(gpointer unused)
{
	reconnect_timer = 0;
	do_connect();
	return FALSE;
}

static void signed_on(PurpleConnection *gc, gpointer unused)
{
	JsonBuilder *b = event_begin("connected");
	add_str(b, "account", purple_account_get_username(account));
	event_end(b);
}

static void signed_off(PurpleConnection *gc, gpointer unused)
{
	event_end(event_begin("disconnected"));
}

static void connection_error(PurpleConnection *gc, PurpleConnectionError err,
			     const gchar *desc, gpointer unused)
{
	static const gchar *const names[] = {
		"network-error", "invalid-username", "authentication-failed",
		"authentication-impossible", "no-ssl-support", "encryption-error",
		"name-in-use", "invalid-settings", "cert-not-provided",
		"cert-untrusted", "cert-expired", "cert-not-activated",
		"cert-hostname-mismatch", "cert-fingerprint-mismatch",
		"cert-self-signed", "cert-other-error", "other-error"
	};
	gboolean fatal = purple_connection_error_is_fatal(err);
	JsonBuilder *b = event_begin("connection-error");
	add_str(b, "reason", (guint) err < G_N_ELEMENTS(names) ? names[err] : "unknown");
	add_bool(b, "fatal", fatal);
	add_str(b, "message", desc);
	event_end(b);
	if (opt_reconnect > 0 && !fatal && !quitting && !reconnect_timer)
		reconnect_timer = g_timeout_add_seconds(opt_reconnect, reconnect_cb, NULL);
}

/* ------------------------------------------------------------------ */
/* Commands                                                             */

static PurpleConversation *find_room(const gchar *key)
{
	GList *entry;
	for (entry = purple_get_chats(); entry; entry = entry->next) {
		PurpleConversation *conv = entry->data;
		const gchar *uri = room_uri(conv);
		if (g_strcmp0(key, purple_conversation_get_name(conv)) == 0 ||
		    g_strcmp0(key, uri) == 0)
			return conv;
	}
	return NULL;
}

static PurpleConnection *live_connection(const gchar *command)
{
	PurpleConnection *gc = purple_account_get_connection(account);
	if (!gc || !PURPLE_CONNECTION_IS_CONNECTED(gc)) {
		event_error(command, "not connected");
		return NULL;
	}
	return gc;
}

static void cmd_join(const gchar *uri)
{
	PurpleConnection *gc = live_connection("join");
	GHashTable *components;
	if (!gc)
		return;
	components = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_hash_table_insert(components, g_strdup("uri"), g_strdup(uri));
	serv_join_chat(gc, components);
	g_hash_table_destroy(components);
}

static void cmd_send(const gchar *room, const gchar *text, gboolean html)
{
	PurpleConversation *conv = find_room(room);
	gchar *escaped, *markup;
	if (!live_connection("send"))
		return;
	if (!conv) {
		event_error("send", "no such room");
		return;
	}
	escaped = html ? g_strdup(text) : g_markup_escape_text(text, -1);
	markup  = purple_strreplace(escaped, "\n", "<br>");
	purple_conv_chat_send(PURPLE_CONV_CHAT(conv), markup);
	g_free(markup);
	g_free(escaped);
}

static void cmd_leave(const gchar *room)
{
	PurpleConversation *conv = find_room(room);
	if (!conv)
		event_error("leave", "no such room");
	else
		/* what Pidgin does when the user closes the chat window */
		purple_conversation_destroy(conv);
}

static void cmd_roomlist(void)
{
	static PurpleRoomlist *previous;
	PurpleConnection *gc = live_connection("roomlist");
	if (!gc)
		return;
	if (previous) {
		purple_roomlist_unref(previous);
		previous = NULL;
	}
	previous = purple_roomlist_get_list(gc);
	if (previous)
		purple_roomlist_ref(previous);
	else
		event_error("roomlist", "no Group Chat server connection");
}

static void cmd_users(const gchar *room)
{
	PurpleConversation *conv = find_room(room);
	JsonBuilder *b;
	GList *entry;
	if (!conv) {
		event_error("users", "no such room");
		return;
	}
	b = event_begin("users");
	add_room(b, conv);
	add_str(b, "topic", purple_conv_chat_get_topic(PURPLE_CONV_CHAT(conv)));
	add_bool(b, "left", purple_conv_chat_has_left(PURPLE_CONV_CHAT(conv)));
	json_builder_set_member_name(b, "users");
	json_builder_begin_array(b);
	for (entry = purple_conv_chat_get_users(PURPLE_CONV_CHAT(conv)); entry; entry = entry->next) {
		PurpleConvChatBuddy *cb = entry->data;
		json_builder_begin_object(b);
		add_str(b, "uri", cb->name);
		add_bool(b, "chanop", (cb->flags & PURPLE_CBFLAGS_OP) != 0);
		json_builder_end_object(b);
	}
	json_builder_end_array(b);
	event_end(b);
}

static void cmd_rooms(void)
{
	JsonBuilder *b = event_begin("rooms");
	GList *entry;
	json_builder_set_member_name(b, "rooms");
	json_builder_begin_array(b);
	for (entry = purple_get_chats(); entry; entry = entry->next) {
		PurpleConversation *conv = entry->data;
		json_builder_begin_object(b);
		add_room(b, conv);
		add_bool(b, "left", purple_conv_chat_has_left(PURPLE_CONV_CHAT(conv)));
		json_builder_end_object(b);
	}
	json_builder_end_array(b);
	event_end(b);
}

static void cmd_im(const gchar *who, const gchar *text)
{
	PurpleConnection *gc = live_connection("im");
	gchar *escaped;
	if (!gc)
		return;
	escaped = g_markup_escape_text(text, -1);
	serv_send_im(gc, who, escaped, 0);
	g_free(escaped);
}

static gboolean quit_now(gpointer unused)
{
	g_main_loop_quit(loop);
	return FALSE;
}

static void do_quit(int status)
{
	if (quitting)
		return;
	quitting = TRUE;
	exit_status = status;
	if (purple_account_get_connection(account))
		purple_account_disconnect(account);
	/* leave the loop only after queued output has gone out */
	g_timeout_add(200, quit_now, NULL);
}

static void run_command(const gchar *name, const gchar *room,
			const gchar *text, gboolean html)
{
	if (!strcmp(name, "connect"))
		do_connect();
	else if (!strcmp(name, "disconnect")) {
		if (purple_account_get_connection(account))
			purple_account_disconnect(account);
		else
			event_error(name, "not connected");
	} else if (!strcmp(name, "roomlist"))
		cmd_roomlist();
	else if (!strcmp(name, "rooms"))
		cmd_rooms();
	else if (!strcmp(name, "quit"))
		do_quit(0);
	else if (!room)
		event_error(name, "missing argument or unknown command");
	else if (!strcmp(name, "join"))
		cmd_join(room);
	else if (!strcmp(name, "leave"))
		cmd_leave(room);
	else if (!strcmp(name, "users"))
		cmd_users(room);
	else if (!text)
		event_error(name, "missing argument or unknown command");
	else if (!strcmp(name, "send"))
		cmd_send(room, text, html);
	else if (!strcmp(name, "im"))
		cmd_im(room, text);
	else
		event_error(name, "unknown command");
}

static const gchar *member(JsonObject *object, const gchar *name)
{
	JsonNode *node = json_object_get_member(object, name);
	return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
}

static void handle_json(const gchar *line)
{
	JsonParser *parser = json_parser_new();
	JsonNode *root;
	if (!json_parser_load_from_data(parser, line, -1, NULL) ||
	    !(root = json_parser_get_root(parser)) || !JSON_NODE_HOLDS_OBJECT(root)) {
		event_error(line, "not a JSON object");
	} else {
		JsonObject *object = json_node_get_object(root);
		const gchar *name  = member(object, "command");
		const gchar *room  = member(object, "room");
		const gchar *html  = member(object, "html");
		const gchar *text  = html ? html : member(object, "text");
		if (!room)
			room = member(object, "uri");
		if (!room)
			room = member(object, "to");
		if (name)
			run_command(name, room, text, html != NULL);
		else
			event_error(line, "no \"command\" member");
	}
	g_object_unref(parser);
}

/*
 * "name", "name arg" or "name arg text...". An argument may be wrapped in
 * double quotes; in the text \n stands for a line break and \\ for a backslash.
 */
static void handle_line(gchar *line)
{
	gchar *name, *room = NULL, *text = NULL, *p;

	g_strstrip(line);
	if (!*line || *line == '#')
		return;
	if (*line == '{') {
		handle_json(line);
		return;
	}
	name = line;
	p = strpbrk(line, " \t");
	if (p) {
		*p++ = '\0';
		while (*p == ' ' || *p == '\t')
			p++;
		if (*p == '"') {
			room = ++p;
			p = strchr(p, '"');
		} else if (*p) {
			room = p;
			p = strpbrk(p, " \t");
		} else {
			p = NULL;
		}
		if (p) {
			*p++ = '\0';
			while (*p == ' ' || *p == '\t')
				p++;
			if (*p)
				text = g_strcompress(p);
		}
	}
	run_command(name, room, text, FALSE);
	g_free(text);
}

static gboolean stdin_ready(GIOChannel *channel, GIOCondition condition, gpointer unused)
{
	gchar *line = NULL;
	GIOStatus status = g_io_channel_read_line(channel, &line, NULL, NULL, NULL);

	if (status == G_IO_STATUS_NORMAL && line) {
		handle_line(line);
		g_free(line);
		return TRUE;
	}
	if (status == G_IO_STATUS_AGAIN)
		return TRUE;
	if (!opt_stay)
		do_quit(0);
	return FALSE;
}

static gboolean on_signal(gpointer unused)
{
	do_quit(0);
	return TRUE;
}

static gboolean on_timeout(gpointer unused)
{
	event_end(event_begin("timeout"));
	do_quit(4);
	return FALSE;
}

/* ------------------------------------------------------------------ */

static void ui_init(void)
{
	purple_conversations_set_ui_ops(&conversation_ops);
	purple_roomlist_set_ui_ops(&roomlist_ops);
	purple_notify_set_ui_ops(&notify_ops);
	purple_request_set_ui_ops(&request_ops);
}

static PurpleCoreUiOps core_ops = {
	NULL, NULL, ui_init, NULL, NULL, NULL, NULL, NULL
};

static void remove_tree(const gchar *path)
{
	GDir *dir = g_dir_open(path, 0, NULL);
	const gchar *name;
	if (dir) {
		while ((name = g_dir_read_name(dir)) != NULL) {
			gchar *child = g_build_filename(path, name, NULL);
			if (g_file_test(child, G_FILE_TEST_IS_DIR) &&
			    !g_file_test(child, G_FILE_TEST_IS_SYMLINK))
				remove_tree(child);
			else
				unlink(child);
			g_free(child);
		}
		g_dir_close(dir);
	}
	rmdir(path);
}

int main(int argc, char *argv[])
{
	GError *error = NULL;
	GOptionContext *context = g_option_context_new("- headless SIPE Group Chat client");
	PurpleSavedStatus *status;
	GIOChannel *input;
	void *conn_handle, *conv_handle;
	static int handle;
	gchar *username;

	/* command line arguments and messages use the charset of the locale */
	setlocale(LC_ALL, "");
	g_option_context_add_main_entries(context, option_entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error)) {
		fprintf(stderr, "%s\n", error->message);
		return 2;
	}
	g_option_context_free(context);

	env_default(&opt_user, "SIPE_USER", NULL);
	env_default(&opt_login, "SIPE_LOGIN", "");
	env_default(&opt_password, "SIPE_PASSWORD", NULL);
	env_default(&opt_server, "SIPE_SERVER", "");
	env_default(&opt_transport, "SIPE_TRANSPORT", "tls");
	env_default(&opt_auth, "SIPE_AUTH", "ntlm");
	env_default(&opt_gcuser, "SIPE_GROUPCHAT_USER", "");
	env_default(&opt_useragent, "SIPE_USERAGENT", "");
	env_default(&opt_debuglog, "SIPE_DEBUG_LOG", NULL);
	if (!opt_user || !opt_password) {
		fprintf(stderr, "sipe-client: --user and --password are required\n");
		return 2;
	}

	signal(SIGPIPE, SIG_IGN);
	title_to_uri = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

	if (opt_debuglog && !(debug_file = fopen(opt_debuglog, "w"))) {
		fprintf(stderr, "sipe-client: %s: %s\n", opt_debuglog, strerror(errno));
		return 2;
	}
	if (!opt_userdir)
		opt_userdir = temp_dir = g_dir_make_tmp("sipe-client-XXXXXX", NULL);
	purple_util_set_user_dir(opt_userdir);

	/* show full SIP messages in the log */
	g_setenv("PURPLE_UNSAFE_DEBUG", "1", TRUE);
	purple_debug_set_enabled(FALSE);
	purple_debug_set_ui_ops(&debug_ops);
	purple_debug_set_verbose(FALSE);
	purple_debug_set_unsafe(TRUE);

	purple_core_set_ui_ops(&core_ops);
	purple_eventloop_set_ui_ops(&eventloop_ops);
	/* Debian installs libsipe.so outside the multiarch plugin directory */
	purple_plugins_add_search_path("/usr/lib/purple-2");
	if (opt_plugindirs) {
		gchar **dir;
		for (dir = opt_plugindirs; *dir; dir++)
			purple_plugins_add_search_path(*dir);
	}

	if (!purple_core_init(UI_ID)) {
		fprintf(stderr, "sipe-client: libpurple initialization failed\n");
		return 2;
	}
	purple_debug_set_unsafe(TRUE);
	purple_set_blist(purple_blist_new());
	purple_prefs_load();
	purple_prefs_set_bool("/purple/logging/log_ims", FALSE);
	purple_prefs_set_bool("/purple/logging/log_chats", FALSE);
	purple_prefs_set_bool("/purple/logging/log_system", FALSE);
	if (!purple_find_prpl(PRPL_ID)) {
		fprintf(stderr, "sipe-client: protocol plugin %s not found (is pidgin-sipe installed?)\n", PRPL_ID);
		return 2;
	}
	if (!opt_verify)
		install_verifier();

	/* "sign-in address,login"; an empty login means: same as the address */
	username = g_strdup_printf("%s,%s", opt_user, opt_login);
	account = purple_account_new(username, PRPL_ID);
	g_free(username);
	purple_account_set_string(account, "server", opt_server);
	purple_account_set_string(account, "transport", opt_transport);
	purple_account_set_string(account, "authentication", opt_auth);
	purple_account_set_string(account, "groupchat_user", opt_gcuser);
	purple_account_set_string(account, "useragent", opt_useragent);
	purple_account_set_bool(account, "dont-publish", TRUE); /* no calendar look-ups */
	purple_accounts_add(account);

	conn_handle = purple_connections_get_handle();
	conv_handle = purple_conversations_get_handle();
	purple_signal_connect(conn_handle, "signed-on", &handle, PURPLE_CALLBACK(signed_on), NULL);
	purple_signal_connect(conn_handle, "signed-off", &handle, PURPLE_CALLBACK(signed_off), NULL);
	purple_signal_connect(conn_handle, "connection-error", &handle, PURPLE_CALLBACK(connection_error), NULL);
	purple_signal_connect(conv_handle, "chat-joined", &handle, PURPLE_CALLBACK(chat_joined), NULL);
	purple_signal_connect(conv_handle, "chat-left", &handle, PURPLE_CALLBACK(chat_left), NULL);
	purple_signal_connect(conv_handle, "chat-topic-changed", &handle, PURPLE_CALLBACK(chat_topic), NULL);
	purple_signal_connect(conv_handle, "chat-buddy-flags", &handle, PURPLE_CALLBACK(chat_flags), NULL);

	status = purple_savedstatus_new(NULL, PURPLE_STATUS_AVAILABLE);
	purple_savedstatus_activate(status);

	loop = g_main_loop_new(NULL, FALSE);
	input = g_io_channel_unix_new(STDIN_FILENO);
	g_io_channel_set_encoding(input, "UTF-8", NULL);
	g_io_add_watch(input, G_IO_IN | G_IO_HUP | G_IO_ERR, stdin_ready, NULL);
	g_unix_signal_add(SIGINT, on_signal, NULL);
	g_unix_signal_add(SIGTERM, on_signal, NULL);
	if (opt_timeout > 0)
		g_timeout_add_seconds(opt_timeout, on_timeout, NULL);

	event_end(event_begin("ready"));
	if (!opt_noconnect)
		do_connect();

	g_main_loop_run(loop);

	purple_core_quit();
	if (debug_file)
		fclose(debug_file);
	if (temp_dir)
		remove_tree(temp_dir);
	return exit_status;
}
