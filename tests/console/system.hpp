// A schema service, a scripted timeline and a console in one process. Used by the integration
// tests; gRPC stays in system.cpp.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "httpkit/message.hpp"
#include "statekit/timeline_event.hpp"

namespace millrace::test {

// The timeline's side: hands out `kept`, then what `happen` is given.
class FakeTimeline;

class System {
 public:
  System();
  ~System();

  // Deploys a module that a fixed address serves; returns when the changeset was accepted.
  void deploy(const std::string& module_text);

  void happen(const statekit::TimelineEvent& event);
  // Ends the streams that are open, as a restart of the timeline would.
  void break_timeline();
  // Forgets all events, and counts anew from 1.
  void restart_timeline();
  void stop_schema();

  httpkit::Response get(const std::string& target) const;
  std::string console_address() const;
  std::string schema_address() const;
  bool console_ready() const;
  void stop_console();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// An open event stream, read as text.
class EventStream {
 public:
  explicit EventStream(const std::string& address);
  ~EventStream();
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  // Reads until `text` has come, the stream ends or 60 s are over; true when it has come. What came
  // before it is dropped.
  bool hears(const std::string& text);
  // Reads until the end; false at the deadline.
  bool ends();

 private:
  bool read_more();
  int socket_ = -1;
  std::string buffer_;
};

}  // namespace millrace::test
