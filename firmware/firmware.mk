# Compiles and links one firmware image in the current folder. build.mk, written by toolchain/build.py, says what with:
#   CC, CPPFLAGS, CFLAGS, LDFLAGS, LDLIBS   for every file
#   OPT_hal, OPT_engine, OPT_kernels, OPT_app, OPT_libc, OPT_model   optimisation of each part
#   SOURCES         .c and .S files, relative to this file's folder
#   LINKER_SCRIPT   template below ld/
# model.c and board.h lie in the current folder. By hand: make -f .../firmware/firmware.mk
ifndef FIRMWARE
FIRMWARE := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
endif
include build.mk

OBJECTS := $(SOURCES:%=obj/%.o) obj/model.c.o
HEADERS := board.h $(wildcard $(FIRMWARE)/*/*.h $(FIRMWARE)/*/*/*.h $(FIRMWARE)/*/*/*.inc)
# Debug information names this folder `.`, so an image has the same bytes wherever it is built.
COMPILE = $(CC) -I. -I$(FIRMWARE)/include $(CPPFLAGS) $(CFLAGS) '-ffile-prefix-map=$(CURDIR)=.' -c $< -o $@

firmware.elf: $(OBJECTS) firmware.ld
	$(CC) $(CFLAGS) $(LDFLAGS) -Wl,-T,firmware.ld $(OBJECTS) $(LDLIBS) -o $@

firmware.ld: $(FIRMWARE)/ld/$(LINKER_SCRIPT) $(HEADERS) $(MAKEFILE_LIST)
	$(CC) -E -P -x c -I. $< -o $@

obj/model.c.o: model.c $(HEADERS) $(MAKEFILE_LIST)
	@mkdir -p $(@D)
	$(COMPILE) $(OPT_model)

obj/%.o: $(FIRMWARE)/% $(HEADERS) $(MAKEFILE_LIST)
	@mkdir -p $(@D)
	$(COMPILE) $(OPT_$(firstword $(subst /, ,$*)))
